// Contracts of the gateway's own service: people who sign in, their sessions and access tokens.
import { z } from "zod";
import { action, byId, Done, Id, Instant, listQuery, page } from "./contract.ts";

export const Role = z.enum(["owner", "manager", "editor", "agent", "viewer"]);
export type Role = z.infer<typeof Role>;
export const Ability = z.enum(["read", "write", "send", "admin"]);
export type Ability = z.infer<typeof Ability>;
export const User = z.object({
  id: Id,
  email: z.string(),
  name: z.string().nullable(),
  role: Role,
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

export const accounts = {
  group: "gateway",
  actions: {
    login: action({
      summary: "Signs in: sets the session cookie and answers the CSRF token",
      permission: "none",
      rest: { method: "POST", path: "/auth/login", produces: "application/json" },
      params: z.strictObject({ email: z.string().trim().max(320), password: z.string().max(1000) }),
      result: z.object({ user: User, csrfToken: z.string() }),
    }),
    logout: action({
      summary: "Ends the session",
      permission: "user",
      rest: { method: "POST", path: "/auth/logout", produces: "application/json" },
      params: z.strictObject({}),
      result: Done,
    }),
    me: action({
      summary: "Who is signed in, with the CSRF token of the session",
      permission: "user",
      rest: { method: "GET", path: "/auth/me", produces: "application/json" },
      params: z.strictObject({}),
      result: z.object({
        user: User,
        abilities: z.array(Ability),
        csrfToken: z.string().nullable(),
        sandbox: z.boolean(),
      }),
    }),
    createToken: action({
      summary: "Makes an access token; it is shown this once. Expires after `expiresInDays` (365 when absent)",
      permission: "user",
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
      rest: { method: "GET", path: "/auth/tokens" },
      params: z.strictObject({ ...listQuery }),
      result: page(AccessToken),
    }),
    revokeToken: action({
      summary: "Revokes an access token at once",
      permission: "user",
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
