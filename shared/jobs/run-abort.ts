// The switch that ends a run. Its AbortSignal is made when somebody asks for it: most handlers of short jobs never do,
// and making one costs more than the rest of a short run.

/** Why a run was aborted; the reason of its signal. */
export class RunAborted extends Error {
  override name = "RunAborted";
  readonly why: "timeout" | "stopping" | "lease-lost";
  constructor(why: RunAborted["why"], message: string) {
    super(message);
    this.why = why;
  }
}

/** Why a run ends whose job is no longer this worker's. */
export const leaseLost = () =>
  new RunAborted("lease-lost", "The lease ended: another worker has the job, or it was cancelled");

export class RunAbort {
  /** Why it was aborted; undefined as long as it was not. */
  reason: RunAborted | undefined;
  #controller: AbortController | undefined;
  #listener: (() => void) | undefined;

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.reason) this.#controller.abort(this.reason);
    }
    return this.#controller.signal;
  }

  /** Only the first call counts. */
  abort(reason: RunAborted): void {
    if (this.reason) return;
    this.reason = reason;
    this.#controller?.abort(reason);
    this.#listener?.();
  }

  /** Calls `listener` when it is aborted, at once when it was already. There is one listener. */
  whenAborted(listener: () => void): void {
    this.#listener = listener;
    if (this.reason) listener();
  }
}
