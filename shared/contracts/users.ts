// Contracts of the people who may sign in: roles, invites, and what other processes must hear about them.
import { z } from "zod";
import { action, byId, clean, Done, event, Id, Instant, listQuery, page } from "./contract.ts";
import { GivenLimit, LimitedTo, Role } from "./role.ts";

export const Member = z.object({
  id: Id,
  email: z.string(),
  name: z.string().nullable(),
  role: Role,
  communities: LimitedTo,
  createdAt: Instant,
  lastSignedInAt: Instant.nullable(),
  /** Set when the person may not sign in. */
  disabledAt: Instant.nullable(),
  /** Signing in asks for a code as well. */
  secondFactor: z.boolean(),
});
export const Invite = z.object({
  id: Id,
  email: z.string(),
  name: z.string().nullable(),
  role: Role,
  communities: LimitedTo,
  invitedBy: Id.nullable(),
  createdAt: Instant,
  sentAt: Instant,
  expiresAt: Instant,
});
const Name = clean(z.string().trim().min(1).max(100));

export const users = {
  group: "gateway",
  actions: {
    list: action({
      summary: "Lists everybody who has an account",
      permission: "admin",
      rest: { method: "GET", path: "/users" },
      params: z.strictObject({ ...listQuery }),
      result: page(Member),
    }),
    update: action({
      summary:
        "Changes a person's name, role or communities, disables or enables them. All but a new name ends their sessions. Whatever may give them more asks for a fresh proof",
      permission: "admin",
      rest: { method: "PATCH", path: "/users/:id" },
      params: z.strictObject({
        id: Id,
        name: Name.nullable().optional(),
        role: Role.optional(),
        /** Null: all communities. */
        communities: GivenLimit.optional(),
        disabled: z.boolean().optional(),
      }),
      result: Member,
    }),
    remove: action({
      summary: "Deletes an account with its access tokens and sessions",
      permission: "admin",
      rest: { method: "DELETE", path: "/users/:id", status: 204 },
      params: byId,
      result: Done,
    }),
    removeSecondFactor: action({
      summary: "Takes the second factor off a colleague who has lost it, and signs them out. Asks for a fresh proof",
      permission: "admin",
      rest: { method: "DELETE", path: "/users/:id/second-factor", status: 204 },
      params: byId,
      result: Done,
    }),
    invite: action({
      summary: "Invites somebody by mail, with a link for one use that works for 72 hours. Asks for a fresh proof",
      permission: "admin",
      rest: { method: "POST", path: "/users/invite", status: 201 },
      params: z.strictObject({
        email: z.string().trim().min(3).max(320),
        role: Role,
        name: Name.optional(),
        /** All communities when absent or null. */
        communities: GivenLimit.optional(),
      }),
      result: Invite,
    }),
    listInvites: action({
      summary: "Lists invites that nobody has accepted yet",
      permission: "admin",
      rest: { method: "GET", path: "/users/invites" },
      params: z.strictObject({ ...listQuery }),
      result: page(Invite),
    }),
    resendInvite: action({
      summary: "Sends an invite again with a new link; the link sent before no longer works",
      permission: "admin",
      rest: { method: "POST", path: "/users/invites/:id/resend" },
      params: byId,
      result: Invite,
    }),
    revokeInvite: action({
      summary: "Takes an invite back; its link no longer works",
      permission: "admin",
      rest: { method: "DELETE", path: "/users/invites/:id", status: 204 },
      params: byId,
      result: Done,
    }),
  },
  events: {
    /** Sessions that began before `at` must end: the person's role, password or permission to sign in has changed. */
    "user.access-changed": event(z.object({ userId: Id, at: Instant, keepSessionId: z.string().optional() })),
    "user.password-forgotten": event(z.object({ requestId: Id })),
  },
  jobs: {},
} as const;
