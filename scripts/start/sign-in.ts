// How to get in: the gateway says by a message whether it made the first owner, the terminal shows it once.
import { config } from "../../shared/config.ts";
import { box } from "./say.ts";

/** Sent by the gateway process: `{ type: "sign-in", email, made?, password?, link? }`; the password only when it was generated. */
export interface SignIn {
  readonly email: string;
  /** True when this start made the owner. */
  readonly made: boolean;
  readonly password?: string;
  /** Path of a sign-in link for one use on this machine. */
  readonly link?: string;
}

/** Reads a message of a child; undefined when it is about something else. */
export const signInFrom = (message: unknown): SignIn | undefined => {
  if (typeof message !== "object" || message === null) return undefined;
  const { type, email, made, password, link } = message as Record<string, unknown>;
  if (type !== "sign-in" || typeof email !== "string") return undefined;
  return {
    email,
    made: made === true || typeof password === "string",
    ...(typeof password === "string" ? { password } : {}),
    ...(typeof link === "string" ? { link } : {}),
  };
};

const signInRows = (url: string, signIn: SignIn | undefined): (readonly [string, string])[] => {
  const email = signIn?.email ?? config.admin.email;
  const password = signIn?.password
    ? `password ${signIn.password} (shown only now)`
    : signIn?.made
      ? "with the password you set in LC_ADMIN_PASSWORD"
      : `with the password you know (forgotten: npm run user -- reset ${email})`;
  const rows: (readonly [string, string])[] = [["Sign in", `${email}, ${password}`]];
  if (signIn?.link) rows.push(["Or open", `${url}${signIn.link} (signs in once, for 15 minutes, on this machine)`]);
  return rows;
};

/** Prints where the platform is and how to get in. Without a port only the databases run. */
export const showSignIn = (port: number | undefined, signIn: SignIn | undefined): void => {
  if (port === undefined) {
    box("The databases run.", [
      ["Data", config.dataDir],
      ["Stop", "Ctrl-C"],
    ]);
    return;
  }
  const url = `http://localhost:${port}`;
  box("The platform is ready.", [
    ["Open", url],
    ...signInRows(url, signIn),
    ...(config.emailProvider === "sandbox" ? [["Mails", `${url}/mailbox (nothing leaves this machine)`] as const] : []),
    ["Data", config.dataDir],
    ["Check", "npm run doctor, in another terminal, when something is off"],
    ["Stop", "Ctrl-C"],
  ]);
};
