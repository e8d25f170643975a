// The error catalogue: every error a caller can meet, with its status, whether trying again helps, and its sentence.
// Errors lose their class on the wire between processes; decide by `type`, never by instanceof.

export interface ErrorEntry {
  readonly status: number;
  readonly retryable: boolean;
  readonly title: string;
}

/** code → status, retryable, title. A code is never reused for another meaning. */
export const errorCatalogue = {
  VALIDATION_FAILED: { status: 422, retryable: false, title: "The request has fields that are missing or wrong" },
  REQUEST_MALFORMED: { status: 400, retryable: false, title: "The request could not be read" },
  REQUEST_TOO_SLOW: { status: 408, retryable: true, title: "The request did not arrive in time" },
  HEADERS_TOO_LARGE: { status: 431, retryable: false, title: "The address or the headers are too long" },
  BODY_MALFORMED: { status: 400, retryable: false, title: "The body could not be read" },
  BODY_TOO_LARGE: { status: 413, retryable: false, title: "The body is larger than this endpoint takes" },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, retryable: false, title: "This content type is not taken here" },
  CURSOR_INVALID: { status: 422, retryable: false, title: "The cursor is not one that this list gave out" },
  NOT_SIGNED_IN: { status: 401, retryable: false, title: "Sign in, or send an access token" },
  CREDENTIALS_WRONG: { status: 401, retryable: false, title: "Email or password is wrong" },
  TOKEN_INVALID: { status: 401, retryable: false, title: "The access token is unknown, revoked or expired" },
  CSRF_FAILED: { status: 403, retryable: false, title: "The request did not prove that it comes from the web app" },
  HTTPS_REQUIRED: { status: 403, retryable: false, title: "Signing in needs https, except on this machine itself" },
  COMMUNITIES_LIMITED: {
    status: 403,
    retryable: false,
    title: "This is for people who see all communities",
  },
  ABILITY_MISSING: { status: 403, retryable: false, title: "Your role or token does not allow this" },
  NOT_FOUND: { status: 404, retryable: false, title: "There is nothing here" },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false, title: "This method is not taken here" },
  CONTACT_NOT_FOUND: { status: 404, retryable: false, title: "No such contact" },
  CONTACT_EXISTS: { status: 409, retryable: false, title: "A contact with this email, phone or external id exists" },
  COMMUNITY_NOT_FOUND: { status: 404, retryable: false, title: "No such community" },
  NAME_TAKEN: { status: 409, retryable: false, title: "Another one has this name" },
  COMMUNITY_IN_USE: { status: 409, retryable: false, title: "The community still has contacts or is the default" },
  TAG_NOT_FOUND: { status: 404, retryable: false, title: "No such tag" },
  SEGMENT_NOT_FOUND: { status: 404, retryable: false, title: "No such segment" },
  SEGMENT_IN_USE: { status: 409, retryable: false, title: "A campaign that is not over uses the segment" },
  SEGMENT_RULE_INVALID: { status: 422, retryable: false, title: "The segment's rule cannot be understood" },
  VIEW_NOT_FOUND: { status: 404, retryable: false, title: "No such saved view" },
  BULK_ACT_NOT_FOUND: { status: 404, retryable: false, title: "No such bulk act" },
  BULK_ACT_FINISHED: { status: 409, retryable: false, title: "The bulk act has already ended" },
  BULK_COUNT_CHANGED: { status: 409, retryable: false, title: "It is another number now" },
  EXPORT_NOT_READY: { status: 409, retryable: false, title: "The export has no file" },
  SUPPRESSION_NOT_FOUND: { status: 404, retryable: false, title: "No such suppression" },
  IMPORT_NOT_FOUND: { status: 404, retryable: false, title: "No such import" },
  IMPORT_FINISHED: { status: 409, retryable: false, title: "The import has already ended" },
  IMPORT_NOT_FINISHED: { status: 409, retryable: false, title: "The import has not ended yet" },
  IMPORT_UNDO_EXPIRED: { status: 409, retryable: false, title: "The import cannot be undone any more" },
  TEMPLATE_NOT_FOUND: { status: 404, retryable: false, title: "No such template" },
  TEMPLATE_INVALID: { status: 422, retryable: false, title: "The template cannot be compiled" },
  TEMPLATE_NOT_PUBLISHED: { status: 409, retryable: false, title: "The template has no published version" },
  TEMPLATE_IN_USE: { status: 409, retryable: false, title: "A campaign that is not sent yet uses the template" },
  TEMPLATE_VERSION_NOT_FOUND: { status: 404, retryable: false, title: "The template has no such version" },
  VERSION_CONFLICT: { status: 412, retryable: false, title: "Somebody changed it in the meantime" },
  CAMPAIGN_NOT_FOUND: { status: 404, retryable: false, title: "No such campaign" },
  CAMPAIGN_NOT_DRAFT: { status: 409, retryable: false, title: "The campaign is no longer a draft" },
  CAMPAIGN_STATE_WRONG: { status: 409, retryable: false, title: "The campaign's state does not allow this" },
  CHANNEL_UNAVAILABLE: { status: 422, retryable: false, title: "This channel is not available yet" },
  AUDIENCE_EMPTY: { status: 422, retryable: false, title: "The audience has nobody in it" },
  SENDER_INCOMPLETE: { status: 422, retryable: false, title: "The sender account lacks what mail must carry" },
  PUBLIC_URL_NOT_REACHABLE: { status: 422, retryable: false, title: "PUBLIC_URL cannot be reached by recipients" },
  PROVIDER_MISSING: { status: 422, retryable: false, title: "No provider is set up to send with" },
  MESSAGE_NOT_FOUND: { status: 404, retryable: false, title: "No such message" },
  WEBHOOK_REFUSED: { status: 401, retryable: false, title: "The callback could not be verified" },
  WEBHOOK_NOT_FOUND: { status: 404, retryable: false, title: "No such callback" },
  WEBHOOK_ERASED: { status: 409, retryable: false, title: "What the callback said is no longer kept" },
  SENDER_ACCOUNT_DEFAULT: { status: 409, retryable: false, title: "The default sender account cannot be deleted" },
  SENDER_ACCOUNT_NOT_FOUND: { status: 404, retryable: false, title: "No such sender account" },
  IDEMPOTENCY_KEY_REUSED: {
    status: 409,
    retryable: false,
    title: "This Idempotency-Key was used with another request",
  },
  IDEMPOTENCY_IN_PROGRESS: { status: 409, retryable: true, title: "The first request with this key is still running" },
  JOB_NOT_FOUND: { status: 404, retryable: false, title: "No such job" },
  DEAD_LETTER_NOT_FOUND: { status: 404, retryable: false, title: "No such dead letter" },
  DEAD_LETTER_SETTLED: { status: 409, retryable: false, title: "Somebody has decided about this dead letter already" },
  DEAD_LETTER_UNREADABLE: { status: 409, retryable: false, title: "This dead letter cannot be read, so not replayed" },
  JOB_TYPE_NOT_FOUND: { status: 404, retryable: false, title: "No such job type" },
  JOB_STATE_WRONG: { status: 409, retryable: false, title: "The job's state does not allow this" },
  SCHEDULE_NOT_FOUND: { status: 404, retryable: false, title: "No such schedule" },
  SCHEDULE_JOB_LIVE: { status: 409, retryable: true, title: "The schedule's job before is not over yet" },
  MONITOR_NOT_FOUND: { status: 404, retryable: false, title: "No such rule" },
  MONITOR_BUILT_IN: { status: 409, retryable: false, title: "A built-in rule can be switched off, not deleted" },
  QUEUE_NOT_FOUND: { status: 404, retryable: false, title: "No such queue" },
  USER_NOT_FOUND: { status: 404, retryable: false, title: "No such user" },
  USER_EXISTS: { status: 409, retryable: false, title: "Somebody signs in with this email already" },
  USER_LAST_OWNER: { status: 409, retryable: false, title: "There must always be one owner who can sign in" },
  INVITE_NOT_FOUND: { status: 404, retryable: false, title: "No such invite" },
  INVITE_PENDING: { status: 409, retryable: false, title: "This person is invited already" },
  LINK_INVALID: { status: 410, retryable: false, title: "This link was used already, was replaced, or is too old" },
  WORKER_NOT_FOUND: { status: 404, retryable: false, title: "No such process" },
  WORKER_GONE: { status: 409, retryable: false, title: "The process is gone or stopping" },
  SESSION_NOT_FOUND: { status: 404, retryable: false, title: "No such session" },
  SESSION_REQUIRED: { status: 403, retryable: false, title: "This needs a signed-in person, not an access token" },
  ACCESS_TOKEN_NOT_FOUND: { status: 404, retryable: false, title: "No such access token" },
  SANDBOX_OFF: { status: 404, retryable: false, title: "The sandbox is not running here" },
  RATE_LIMITED: { status: 429, retryable: true, title: "Too many requests" },
  NOT_READY: { status: 503, retryable: true, title: "The system is starting, or waits for Redis or Postgres" },
  SERVICE_UNAVAILABLE: { status: 503, retryable: true, title: "A part of the system is away for the moment" },
  OVERLOADED: { status: 503, retryable: true, title: "There is no room for more work at the moment" },
  INTERNAL_ERROR: { status: 500, retryable: false, title: "Something went wrong on our side" },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCatalogue;

/** One wrong place in a request: a path such as `content.html` or `rule.all.0.op`, and what is wrong there. */
export interface FieldError {
  readonly path: string;
  readonly message: string;
}

export interface ProblemData {
  readonly errors?: readonly FieldError[];
  /** Seconds after which trying again makes sense. */
  readonly retryAfter?: number;
  readonly [extra: string]: unknown;
}

/** An error of the catalogue. Survives Moleculer's wire as `{ type, code, message, data, retryable }`. */
export class CatalogueError extends Error {
  readonly type: ErrorCode;
  readonly code: number;
  readonly retryable: boolean;
  readonly data: ProblemData;

  constructor(type: ErrorCode, detail: string, data: ProblemData = {}) {
    super(detail);
    this.name = "CatalogueError";
    this.type = type;
    this.code = errorCatalogue[type].status;
    this.retryable = errorCatalogue[type].retryable;
    this.data = data;
  }
}

/**
 * Builds an error of the catalogue. `detail` says what was found, what was expected and what to do.
 * `data.errors` names the wrong places of a request.
 */
export const fail = (type: ErrorCode, detail: string, data: ProblemData = {}): CatalogueError =>
  new CatalogueError(type, detail, data);

/** The refusal of a write that Postgres has no space for. */
export const postgresFull = (): CatalogueError =>
  fail("OVERLOADED", "Postgres has no space left to write to. Nothing was changed; free some space, then try again.", {
    retryAfter: 30,
  });

/** The refusal of a cursor that its list never gave out. */
export const cursorInvalid = (): CatalogueError =>
  fail("CURSOR_INVALID", "The cursor is not one that this list gave out. Start again without it.", {
    errors: [{ path: "cursor", message: "is not a cursor of this list" }],
  });

/** The code of an error that may have crossed a process border, or undefined when it is not of the catalogue. */
export const errorCode = (error: unknown): ErrorCode | undefined => {
  const type = (error as { type?: unknown } | null)?.type;
  return typeof type === "string" && Object.hasOwn(errorCatalogue, type) ? (type as ErrorCode) : undefined;
};
