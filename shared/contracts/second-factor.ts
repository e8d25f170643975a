// Contracts of the second factor: the codes of an authenticator app (TOTP) beside the password.
import { z } from "zod";
import { SignedIn } from "./accounts.ts";
import { action, Done, Instant } from "./contract.ts";

const Challenge = z.string().max(100);
/** Six digits; spaces between them are fine. */
const Code = z.string().max(20);
const RecoveryCode = z.string().max(40);
const Password = z.string().max(1000);

/** Proof of the second factor: a code of the app, or a recovery code. */
const proof = { code: Code.optional(), recoveryCode: RecoveryCode.optional() };
type Proof = { code?: string | undefined; recoveryCode?: string | undefined };
const exactlyOne = ({ code, recoveryCode }: Proof) => (code === undefined) !== (recoveryCode === undefined);
const oneOfBoth = { message: "expected either code or recoveryCode", path: ["code"] };

/** What an authenticator app is given: the secret to type, and the address that a QR code carries. */
export const SetUp = z.object({ secret: z.string(), uri: z.string() });
/** Shown this once. */
const RecoveryCodes = z.array(z.string());
const json = "application/json";

export const secondFactor = {
  group: "gateway",
  actions: {
    signIn: action({
      summary: "Second step of a sign-in: a code, or a recovery code. A code works once",
      permission: "none",
      scope: "own",
      rest: { method: "POST", path: "/auth/second-factor", produces: json },
      refusals: [401, 410],
      params: z.strictObject({ challenge: Challenge, ...proof }).refine(exactlyOne, oneOfBoth),
      result: SignedIn,
    }),
    beginAtSignIn: action({
      summary: "Second step of a sign-in where everybody needs a second factor: a new secret for the app",
      permission: "none",
      scope: "own",
      rest: { method: "POST", path: "/auth/second-factor/sign-in/setup", produces: json },
      refusals: [410],
      params: z.strictObject({ challenge: Challenge }),
      result: SetUp,
    }),
    finishAtSignIn: action({
      summary: "Switches the second factor on with its first code, signs in, and answers the recovery codes, this once",
      permission: "none",
      scope: "own",
      rest: { method: "POST", path: "/auth/second-factor/sign-in/confirm", produces: json },
      refusals: [410],
      params: z.strictObject({ challenge: Challenge, code: Code }),
      result: SignedIn.extend({ recoveryCodes: RecoveryCodes }),
    }),
    show: action({
      summary: "Whether your second factor is on, and how many recovery codes are left",
      permission: "user",
      scope: "own",
      rest: { method: "GET", path: "/auth/second-factor" },
      params: z.strictObject({}),
      result: z.object({
        on: z.boolean(),
        since: Instant.nullable(),
        recoveryCodesLeft: z.number().int(),
        /** Everybody needs one here. */
        required: z.boolean(),
      }),
    }),
    begin: action({
      summary: "A new secret for your app; on once a code confirms it. Asks for a fresh proof",
      permission: "session",
      scope: "own",
      rest: { method: "POST", path: "/auth/second-factor/setup" },
      params: z.strictObject({}),
      result: SetUp,
    }),
    finish: action({
      summary:
        "Switches your second factor on with its first code; ends your other sessions, answers the recovery codes",
      permission: "session",
      scope: "own",
      rest: { method: "POST", path: "/auth/second-factor/confirm" },
      refusals: [410],
      params: z.strictObject({ code: Code }),
      result: z.object({ recoveryCodes: RecoveryCodes }),
    }),
    switchOff: action({
      summary: "Switches your second factor off, with your password and a code; ends your other sessions",
      permission: "session",
      scope: "own",
      rest: { method: "POST", path: "/auth/second-factor/off", produces: json },
      params: z.strictObject({ password: Password, ...proof }).refine(exactlyOne, oneOfBoth),
      result: Done,
    }),
    renewCodes: action({
      summary: "Ten new recovery codes, with your password and a code; the old ones no longer work",
      permission: "session",
      scope: "own",
      rest: { method: "POST", path: "/auth/second-factor/recovery-codes", produces: json },
      params: z.strictObject({ password: Password, ...proof }).refine(exactlyOne, oneOfBoth),
      result: z.object({ recoveryCodes: RecoveryCodes }),
    }),
    showPolicy: action({
      summary: "What is demanded of everybody who signs in",
      permission: "admin",
      rest: { method: "GET", path: "/settings" },
      params: z.strictObject({}),
      result: z.object({ secondFactorRequired: z.boolean() }),
    }),
    setPolicy: action({
      summary:
        "Says whether everybody needs a second factor. Whoever has none is signed out and sets it up at the next sign-in. Asks for a fresh proof",
      permission: "admin",
      rest: { method: "PATCH", path: "/settings" },
      params: z.strictObject({ secondFactorRequired: z.boolean() }),
      result: z.object({ secondFactorRequired: z.boolean() }),
    }),
  },
  events: {},
  jobs: {},
} as const;
