// What a local server that speaks a mail provider's protocol offers to the conformance suite: it behaves as told, and
// remembers what it took. Behaviours are the provider's, not the protocol's, so that one suite fits all.

export type Behaviour =
  | "accept"
  /** The recipient is refused for good. */
  | "reject"
  | "throttle"
  /** A no in its own words that may pass. */
  | "fail"
  /** Closes the connection before it has the mail. */
  | "drop"
  | "take-then-drop"
  | "take-then-silence";

export interface TakenMail {
  readonly to: string;
  readonly subject: string;
  readonly html: string;
  readonly listUnsubscribe: string | undefined;
  /** Our message id, as the protocol carries it back. */
  readonly key: string | undefined;
}

export interface MailPeer {
  readonly url: string;
  readonly taken: readonly TakenMail[];
  /** Mails that were begun, taken or not. */
  readonly asked: number;
  /** Behaves so for the next `times` mails, then accepts again. */
  behave(behaviour: Behaviour, times?: number): void;
  /** False: the credentials are refused from now on. */
  believe(credentials: boolean): void;
  /** Ends all connections, also those that wait for an answer. */
  stop(): Promise<void>;
}

/** The secret that peers believe. */
export const SECRET = "peer-secret";

/** How to behave, mail by mail. */
export const createScript = () => {
  let behaviour: Behaviour = "accept";
  let left = 0;
  let asked = 0;
  return {
    get asked() {
      return asked;
    },
    behave(next: Behaviour, times = Number.POSITIVE_INFINITY) {
      behaviour = next;
      left = times;
    },
    /** The behaviour for the mail that begins now. */
    next(): Behaviour {
      asked++;
      return left-- > 0 ? behaviour : "accept";
    },
  };
};
