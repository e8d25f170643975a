// Every failure a screen can meet, as one class: RFC 9457 problem details from the gateway, or a broken connection.
import type { FieldError } from "../../shared/contracts/errors.ts";

export class Problem extends Error {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly requestId: string;
  readonly errors: readonly FieldError[];

  constructor(fields: Partial<Omit<Problem, "name" | "message">>) {
    super(fields.detail || fields.title || "The request failed");
    this.name = "Problem";
    this.status = fields.status ?? 0;
    this.code = fields.code ?? "UNREACHABLE";
    this.title = fields.title ?? "The request failed";
    this.detail = fields.detail ?? "";
    this.requestId = fields.requestId ?? "";
    this.errors = fields.errors ?? [];
  }

  /** True when the same request may succeed in a moment: no answer, throttled, or a part of the system is away. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 503 || this.status === 502;
  }

  /** True when the request may have been done all the same, or still is: a further try must be known as the same wish. */
  get undecided(): boolean {
    return this.passing || this.status >= 500 || this.code === "IDEMPOTENCY_IN_PROGRESS";
  }
}

/** The problem in an answer that was not a success; also when the body is not a problem document. */
export const problemFrom = (status: number, body: string, requestId: string): Problem => {
  try {
    const fields = JSON.parse(body) as Partial<Problem>;
    return new Problem({ requestId, ...fields, status });
  } catch {
    return new Problem({
      status,
      requestId,
      code: `HTTP_${status}`,
      title: `The server answered ${status}`,
      detail: body.slice(0, 200),
    });
  }
};

/** Any thrown value as a problem, for screens that show what went wrong. */
export const asProblem = (error: unknown): Problem =>
  error instanceof Problem
    ? error
    : new Problem({ code: "SCREEN_FAILED", title: "This part of the screen failed", detail: String(error) });
