// Mails that carry a key to an account: an invite, a link to a new password. Whoever reads one can become its recipient,
// so beside the recipient only people with the ability `admin` may see what it says.

const mark = "lc:confidential";

/** The header that such a mail carries, in lower case. */
export const confidentialHeader = "x-lc-confidential";

type Values = Readonly<Record<string, string>>;

/** Values of a message, marked as confidential. */
export const confidential = (vars: Values): Values => ({ ...vars, [mark]: "yes" });

/** True for values of a confidential message. */
export const isConfidential = (vars: Values | null): boolean => vars?.[mark] !== undefined;
