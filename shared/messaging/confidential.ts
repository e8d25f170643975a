// Mails that carry a key to an account: an invite, a link to a new password. Whoever reads one can become its recipient,
// so beside the recipient only people with the ability `admin` may see what it says, and the ledger keeps the link sealed:
// neither the database nor a backup of it opens an account.
import { derivedKeys } from "../lib/derived-keys.ts";
import { seal, unseal } from "../lib/sealed.ts";

const mark = "lc:confidential";
const sealed = "lc-sealed:";
const purpose = "account-mail";
/** Values that are keys. */
const keyFields = ["link"] as const;

/** The header that such a mail carries, in lower case. */
export const confidentialHeader = "x-lc-confidential";

type Values = Readonly<Record<string, string>>;

/** Values of a message, marked as confidential, the key among them sealed under the first of `ring`. */
export const confidential = (ring: readonly string[], vars: Values): Values => {
  const keys = derivedKeys(ring, purpose);
  const shut = keyFields.flatMap((name) => {
    const value = vars[name];
    return value === undefined
      ? []
      : [[name, sealed + seal(keys, Buffer.from(value), name).toString("base64url")] as const];
  });
  return { ...vars, ...Object.fromEntries(shut), [mark]: "yes" };
};

/** True for values of a confidential message. */
export const isConfidential = (vars: Values | null): boolean => vars?.[mark] !== undefined;

/** The values as the mail needs them. Throws when what is sealed opens under none of the keys. */
export const revealed = (ring: readonly string[], vars: Values): Values => {
  if (!isConfidential(vars)) return vars;
  const open = keyFields.flatMap((name) => {
    const value = vars[name];
    // A message that was queued before values were sealed has its link as it is.
    if (!value?.startsWith(sealed)) return [];
    const found = unseal(derivedKeys(ring, purpose), Buffer.from(value.slice(sealed.length), "base64url"), name);
    if (!found) throw new Error("its link was sealed under a key that is missing from LC_SECRET_KEYS");
    return [[name, found.plain.toString()] as const];
  });
  return { ...vars, ...Object.fromEntries(open) };
};
