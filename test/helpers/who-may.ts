// Who may do what, written down a second time: every operation of OpenAPI under the right that it takes. The contracts
// say it for the program, this says it for people; a test asks every route as everybody and compares.
import type { Ability, Role } from "../../shared/contracts/accounts.ts";

/** What each right takes of a caller. */
export const rights = {
  /** Nobody needs to sign in. */
  open: {},
  /** Anybody who is signed in, also with a token. */
  person: { signedIn: true },
  /** A person in a browser; no token, whatever its abilities. */
  session: { signedIn: true, session: true },
  read: { signedIn: true, ability: "read" },
  write: { signedIn: true, ability: "write" },
  /** Makes what many people are written to with. */
  author: { signedIn: true, ability: "write", roles: ["owner", "manager", "editor"] },
  send: { signedIn: true, ability: "send" },
  /** Takes the data of people out of the house. */
  takeAway: { signedIn: true, ability: "read", roles: ["owner", "manager"] },
  takeMany: { signedIn: true, ability: "write", roles: ["owner", "manager"] },
  admin: { signedIn: true, ability: "admin" },
  /** Takes a person's word that no token can give. */
  adminSession: { signedIn: true, ability: "admin", session: true },
} as const satisfies Record<
  string,
  { signedIn?: boolean; session?: boolean; ability?: Ability; roles?: readonly Role[] }
>;
export type Right = keyof typeof rights;

const table: Readonly<Record<Right, string>> = {
  open: `
    accounts: login useSignInLink showInvite acceptInvite forgotPassword resetPassword
    secondFactor: signIn beginAtSignIn finishAtSignIn
    health: live ready
    system: version openapi docs
    public: showUnsubscribe unsubscribe open click emailHook`,
  person: `
    accounts: logout me recentSignIns createToken listTokens revokeToken
    secondFactor: show`,
  session: `
    accounts: changePassword prove listSessions endSession endOtherSessions rename
    secondFactor: begin finish switchOff renewCodes`,
  read: `
    bulk: count list get
    campaigns: list get preflight stats messages
    communities: list get
    consent: listSuppressions suppressionsOf ledger
    contactViews: list get
    contacts: list facets values get activity fields
    deadLetters: list get
    imports: list get errors errorsCsv previewUndo claims inspect
    jobs: queues list get failures
    live: follow
    messages: list count get
    metrics: series
    monitors: list incidents
    overview: show
    sample: get
    sandbox: listMail getMail listFaults
    schedules: list get preview
    segments: list get usage preview
    senders: list get dns setup
    system: metrics
    tags: list get
    templates: list get versions showVersion preview render
    webhooks: list get
    workers: list get providers`,
  write: `
    consent: suppress unsuppress record
    contactViews: create update remove
    contacts: create update remove`,
  author: `
    bulk: start cancel
    campaigns: create update remove clone
    communities: create update remove
    imports: submit cancel undo claimConsent
    sandbox: clearMail setFaults
    segments: create update remove
    tags: create update remove
    templates: create update remove duplicate publish restore`,
  send: `
    campaigns: launch pause resume cancel retry resolve
    messages: send
    senders: test
    templates: testSend`,
  takeAway: `
    consent: suppressionsCsv
    contacts: export
    messages: csv`,
  takeMany: `
    bulk: file
    contacts: erase`,
  admin: `
    audit: list csv
    backups: list create
    deadLetters: reveal replay drop bulk
    jobs: pauseQueue resumeQueue pauseType resumeType input retry cancel remove bulk
    monitors: create update remove silence unsilence test channels setChannels testChannels silenceAll unsilenceAll
    sample: remove
    schedules: update reset pause resume run
    secondFactor: showPolicy setPolicy
    senders: create update makeDefault remove
    users: list update remove invite listInvites resendInvite revokeInvite
    webhooks: body replay
    workers: drain undrain`,
  adminSession: "users: removeSecondFactor",
};

const entries = (Object.entries(table) as [Right, string][]).flatMap(([right, text]) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .flatMap((line) => {
      const [service = "", verbs = ""] = line.split(": ");
      return verbs.split(" ").map((verb) => [`${service}.${verb}`, right] as const);
    }),
);

/** Operation → the right that it takes. */
export const whoMay: ReadonlyMap<string, Right> = new Map(entries);
if (whoMay.size !== entries.length) throw new Error("an operation stands under two rights");

/** Who asks, as far as it matters to whether they may. */
export interface Asker {
  /** Absent: nobody, or somebody whose credentials count for nothing. */
  readonly role?: Role;
  readonly abilities?: readonly Ability[];
  readonly bySession?: boolean;
  /** The code of the refusal that their credentials meet before any right is looked at, for operations that need one. */
  readonly turnedAway?: "NOT_SIGNED_IN" | "TOKEN_INVALID";
  /** Without proof that the request comes from our own pages. */
  readonly unproven?: boolean;
  /** Sees only some communities. */
  readonly limited?: boolean;
}

/** The refusal that an asker must meet at an operation, or undefined when they may. `reads`: the method changes nothing. */
export const refusalOf = (right: Right, asker: Asker, reads: boolean): string | undefined => {
  const needs: { signedIn?: boolean; session?: boolean; ability?: Ability; roles?: readonly Role[] } = rights[right];
  if (!needs.signedIn) return undefined;
  if (!asker.role) return asker.turnedAway ?? "NOT_SIGNED_IN";
  if (asker.unproven && !reads) return "CSRF_FAILED";
  if (needs.ability && !asker.abilities?.includes(needs.ability)) return "ABILITY_MISSING";
  if (needs.roles && !needs.roles.includes(asker.role)) return "ABILITY_MISSING";
  if (needs.session && !asker.bySession) return "SESSION_REQUIRED";
  return undefined;
};

/** Codes that say "you may not"; whoever may meets none of them. */
export const refusals: ReadonlySet<string> = new Set([
  "NOT_SIGNED_IN",
  "TOKEN_INVALID",
  "CSRF_FAILED",
  "ABILITY_MISSING",
  "SESSION_REQUIRED",
]);
