// Contracts of whoever signs in: their sessions, passwords and access tokens, and the links that lead in.
import { z } from "zod";
import { action, byId, Done, Id, Instant, listQuery, page } from "./contract.ts";
import { LimitedTo, Role } from "./role.ts";

export { Role } from "./role.ts";

export const Ability = z.enum(["read", "write", "send", "admin"]);
export type Ability = z.infer<typeof Ability>;
export const User = z.object({
  id: Id,
  email: z.string(),
  name: z.string().nullable(),
  role: Role,
  communities: LimitedTo,
  createdAt: Instant,
});
export const AccessToken = z.object({
  id: Id,
  name: z.string(),
  abilities: z.array(Ability),
  createdAt: Instant,
  expiresAt: Instant.nullable(),
  lastUsedAt: Instant.nullable(),
});

/** A browser that is signed in. The id is made from the session's and opens nothing. */
export const BrowserSession = z.object({
  id: z.string(),
  /** Browser and system, as far as the browser says. */
  device: z.string(),
  address: z.string(),
  createdAt: Instant,
  /** When it last asked for something, to within some minutes. */
  lastSeenAt: Instant,
  current: z.boolean(),
});

/** A password that is being set; how long and how unusual it must be is checked where it is hashed. */
const NewPassword = z.string().max(1000);
const LinkToken = z.string().max(400);
export const SignedIn = z.object({ user: User, csrfToken: z.string() });
/** The password was right, and a second step follows at /auth/second-factor: a code, or first setting it up. */
export const SecondFactorAsked = z.object({
  secondFactor: z.literal(true),
  /** True: everybody needs a second factor here, and this person sets it up now, before anything else. */
  setUp: z.boolean(),
  /** Names this sign-in in the second step. */
  challenge: z.string(),
  expiresInSeconds: z.number().int(),
});
/** A sign-in in the list of the person's own. */
export const SignInLine = z.object({
  at: Instant,
  result: z.enum(["signed-in", "wrong-password", "wrong-code"]),
  /** What it was proven with. */
  by: z.enum(["password", "code", "recovery-code", "invite", "link"]).nullable(),
  device: z.string().nullable(),
  address: z.string().nullable(),
});

export const accounts = {
  group: "gateway",
  actions: {
    login: action({
      summary:
        "Signs in: sets the session cookie and answers the CSRF token. Whoever has a second factor gets a challenge instead",
      permission: "none",
      scope: "own",
      rest: { method: "POST", path: "/auth/login", produces: "application/json" },
      refusals: [401],
      params: z.strictObject({ email: z.string().trim().max(320), password: z.string().max(1000) }),
      result: z.union([SignedIn, SecondFactorAsked]),
    }),
    useSignInLink: action({
      summary: "Signs in with the link for one use that `npm start` printed; only from the machine itself",
      permission: "none",
      scope: "own",
      rest: { method: "POST", path: "/auth/sign-in-link", produces: "application/json" },
      refusals: [404, 410],
      params: z.strictObject({ code: LinkToken }),
      result: SignedIn,
    }),
    showInvite: action({
      summary: "Who is invited by the token of an invite; changes nothing",
      permission: "none",
      scope: "own",
      rest: { method: "POST", path: "/auth/invite/show" },
      refusals: [410],
      params: z.strictObject({ token: LinkToken }),
      result: z.object({ email: z.string(), name: z.string().nullable(), role: Role }),
    }),
    acceptInvite: action({
      summary: "Accepts an invite once: makes the person, with the given name and password, and signs in",
      permission: "none",
      scope: "own",
      rest: { method: "POST", path: "/auth/invite/accept", produces: "application/json" },
      refusals: [410],
      params: z.strictObject({ token: LinkToken, name: z.string().trim().min(1).max(100), password: NewPassword }),
      result: z.union([SignedIn, SecondFactorAsked]),
    }),
    forgotPassword: action({
      summary: "Mails a link to a new password, if somebody signs in with this email; the answer does not tell",
      permission: "none",
      scope: "own",
      rest: { method: "POST", path: "/auth/password/forgot", status: 202, produces: "application/json" },
      params: z.strictObject({ email: z.string().trim().min(3).max(320) }),
      result: Done,
    }),
    resetPassword: action({
      summary:
        "Sets a new password with the token of a mailed link, once; ends all sessions and access tokens of the person",
      permission: "none",
      scope: "own",
      rest: { method: "POST", path: "/auth/password/reset", produces: "application/json" },
      refusals: [410],
      params: z.strictObject({ token: LinkToken, password: NewPassword }),
      result: Done,
    }),
    changePassword: action({
      summary: "Changes your own password and ends your other sessions; with `revokeTokens` your access tokens, too",
      permission: "session",
      scope: "own",
      rest: { method: "POST", path: "/auth/password", produces: "application/json" },
      params: z.strictObject({
        current: z.string().max(1000),
        password: NewPassword,
        revokeTokens: z.boolean().default(false),
      }),
      result: Done,
    }),
    prove: action({
      summary: "Gives your password again, for acts that ask for a proof of the last hour",
      permission: "session",
      scope: "own",
      rest: { method: "POST", path: "/auth/proof", produces: "application/json" },
      params: z.strictObject({ password: z.string().max(1000) }),
      result: Done,
    }),
    recentSignIns: action({
      summary: "Your last sign-ins and refused tries, the newest first, at most 20",
      permission: "user",
      scope: "own",
      rest: { method: "GET", path: "/auth/sign-ins" },
      params: z.strictObject({}),
      result: z.object({ data: z.array(SignInLine), nextCursor: z.null() }),
    }),
    listSessions: action({
      summary: "Lists the browsers in which you are signed in, the last seen first",
      permission: "session",
      scope: "own",
      rest: { method: "GET", path: "/auth/sessions" },
      params: z.strictObject({}),
      result: z.object({ data: z.array(BrowserSession), nextCursor: z.null() }),
    }),
    endSession: action({
      summary: "Signs you out in one browser",
      permission: "session",
      scope: "own",
      rest: { method: "DELETE", path: "/auth/sessions/:id", status: 204 },
      params: z.strictObject({ id: z.string().max(100) }),
      result: Done,
    }),
    endOtherSessions: action({
      summary: "Signs you out everywhere but here",
      permission: "session",
      scope: "own",
      rest: { method: "DELETE", path: "/auth/sessions", status: 204 },
      params: z.strictObject({}),
      result: Done,
    }),
    logout: action({
      summary: "Ends the session",
      permission: "user",
      scope: "own",
      rest: { method: "POST", path: "/auth/logout", produces: "application/json" },
      params: z.strictObject({}),
      result: Done,
    }),
    me: action({
      summary: "Who is signed in, with the CSRF token of the session",
      permission: "user",
      scope: "own",
      rest: { method: "GET", path: "/auth/me", produces: "application/json" },
      params: z.strictObject({}),
      result: z.object({
        user: User,
        /** The communities that the person is limited to, by name; null: all. */
        communities: z.array(z.object({ id: Id, name: z.string() })).nullable(),
        abilities: z.array(Ability),
        csrfToken: z.string().nullable(),
        sandbox: z.boolean(),
      }),
    }),
    rename: action({
      summary: "Changes your own name",
      permission: "session",
      scope: "own",
      rest: { method: "PATCH", path: "/auth/me" },
      params: z.strictObject({ name: z.string().trim().min(1).max(100) }),
      result: User,
    }),
    createToken: action({
      summary:
        "Makes an access token; it is shown this once. Expires after `expiresInDays` (365 when absent). From a session it asks for a fresh proof",
      permission: "user",
      scope: "own",
      rest: { method: "POST", path: "/auth/tokens", status: 201 },
      params: z.strictObject({
        name: z.string().trim().min(1).max(100),
        abilities: z.array(Ability).min(1),
        expiresInDays: z.number().int().min(1).max(3650).optional(),
      }),
      result: z.object({ id: Id, token: z.string() }),
    }),
    listTokens: action({
      summary: "Lists your access tokens",
      permission: "user",
      scope: "own",
      rest: { method: "GET", path: "/auth/tokens" },
      params: z.strictObject({ ...listQuery }),
      result: page(AccessToken),
    }),
    revokeToken: action({
      summary: "Revokes an access token at once",
      permission: "user",
      scope: "own",
      rest: { method: "DELETE", path: "/auth/tokens/:id", status: 204 },
      params: byId,
      result: Done,
    }),
    forget: action({
      summary: "Takes an erased person out of kept answers and the audit log, and notes there that somebody was erased",
      permission: "admin",
      params: z.strictObject({ contactIds: z.array(Id), words: z.array(z.string()), requestedBy: Id.nullable() }),
      result: Done,
      timeout: 60_000,
    }),
  },
  events: {},
  jobs: {},
} as const;
