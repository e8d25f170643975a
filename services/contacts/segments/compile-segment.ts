// Segment rules as SQL conditions, with a rule's mistakes as errors of the catalogue.
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { type CompiledRule, compileRule, RuleError } from "../../../shared/lib/segment-rule.ts";
import { findRule } from "./store.ts";

/** Compiles a rule. Throws SEGMENT_RULE_INVALID whose `errors[].path` names the place. */
export const compileOrFail = (deps: Deps, rule: unknown): CompiledRule => {
  try {
    return compileRule(rule, { now: deps.clock.now() });
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    throw fail("SEGMENT_RULE_INVALID", `${error.path} ${error.message}`, {
      errors: [{ path: error.path, message: error.message }],
    });
  }
};

/** Compiles the rule of a stored segment. Throws SEGMENT_NOT_FOUND. */
export const compileSegment = async (deps: Deps, id: string): Promise<CompiledRule> => {
  const rule = await findRule(deps.db, id, deps.scope);
  if (rule === undefined) throw fail("SEGMENT_NOT_FOUND", `No segment has the id ${id}. It may have been deleted.`);
  return compileOrFail(deps, rule);
};
