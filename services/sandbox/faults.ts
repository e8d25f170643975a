// The faults that the sandbox plays on request, as a real mail server would show them: throttling, refusal, silence
// after taking a mail, slowness. Rules are tried in the order they were added; the first that strikes is it.
import type { FaultRequest, FaultRule } from "../../shared/contracts/sandbox.ts";

/** A reply that refuses a recipient. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
}

/** What happens after a mail was stored: the answer comes late, or never. */
export type Delay = { readonly kind: "slow" | "timeout_after_accept"; readonly ms: number };

export interface Faults {
  /** Adds a rule; `none` removes all. */
  add(request: FaultRequest): void;
  list(): FaultRule[];
  /** The refusal that this recipient meets now, if any. */
  atRecipient(address: string): Refusal | undefined;
  /** The delay that a mail to these recipients meets now, if any. */
  atAnswer(addresses: readonly string[]): Delay | undefined;
}

type Kind = Exclude<FaultRequest["kind"], "none">;
type Rule = { -readonly [K in keyof FaultRule]: FaultRule[K] } & { kind: Kind };

const defaultCode: Partial<Record<Kind, number>> = { throttle: 454, reject: 550 };
const defaultMs: Partial<Record<Kind, number>> = { slow: 1000, timeout_after_accept: 5000 };

/** An address, `example.org` or `@example.org` for the domain, `*.example.org` for all below it, `*` for everybody. */
const matches = (pattern: string | null, address: string): boolean => {
  if (pattern === null || pattern === "*") return true;
  const wanted = pattern.toLowerCase().replace(/^\*?@/, "");
  const found = address.toLowerCase();
  if (wanted.includes("@")) return found === wanted;
  const domain = found.slice(found.lastIndexOf("@") + 1);
  return wanted.startsWith("*.") ? domain.endsWith(wanted.slice(1)) : domain === wanted;
};

/** `random` gives numbers from 0 (included) to 1 (excluded), as Math.random does. */
export const createFaults = (random: () => number): Faults => {
  let rules: Rule[] = [];

  const strike = (kinds: readonly Kind[], addresses: readonly string[]): Rule | undefined => {
    for (const rule of rules) {
      if (!kinds.includes(rule.kind) || !addresses.some((address) => matches(rule.to, address))) continue;
      if (random() >= rule.probability) continue;
      rule.struck += 1;
      if (rule.remaining !== null) {
        rule.remaining -= 1;
        if (rule.remaining === 0) rules = rules.filter((one) => one !== rule);
      }
      return rule;
    }
    return undefined;
  };

  return {
    add: ({ kind, code, probability = 1, count, ms, to }) => {
      if (kind === "none") {
        rules = [];
        return;
      }
      rules.push({
        kind,
        code: code ?? defaultCode[kind] ?? null,
        probability,
        remaining: count ?? null,
        ms: ms ?? defaultMs[kind] ?? null,
        to: to ?? null,
        struck: 0,
      });
    },

    list: () => rules.map((rule) => ({ ...rule })),

    atRecipient: (address) => {
      const rule = strike(["throttle", "reject"], [address]);
      if (!rule) return undefined;
      return rule.kind === "throttle"
        ? { code: rule.code ?? 454, message: "Too much mail at once, try again later (a fault of the sandbox)" }
        : { code: rule.code ?? 550, message: "No such mailbox (a fault of the sandbox)" };
    },

    atAnswer: (addresses) => {
      const rule = strike(["slow", "timeout_after_accept"], addresses);
      return rule && { kind: rule.kind === "slow" ? "slow" : "timeout_after_accept", ms: rule.ms ?? 0 };
    },
  };
};
