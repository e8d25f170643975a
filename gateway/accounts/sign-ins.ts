// A person's own last sign-ins and refused tries, out of the audit log: who finds one that was not theirs knows at once.
import type { z } from "zod";
import type { Meta } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { SignInLine } from "../../shared/contracts/accounts.ts";
import { lastLines } from "../audit/store.ts";
import { callerOf } from "./actor.ts";

const results = {
  "user.signed-in": "signed-in",
  "user.sign-in-refused": "wrong-password",
  "user.second-factor-refused": "wrong-code",
} as const;
const most = 20;

const { by: By } = SignInLine.shape;

/** The newest first. */
export const recentSignIns = async (deps: Pick<Deps, "db">, meta: Meta): Promise<z.output<typeof SignInLine>[]> => {
  const rows = await lastLines(deps.db, callerOf(meta).userId, Object.keys(results), most);
  return rows.map(({ at, action, detail, address }) => ({
    at: at.toISOString(),
    result: results[action as keyof typeof results],
    by: By.safeParse(detail["by"]).data ?? null,
    device: typeof detail["device"] === "string" ? detail["device"] : null,
    address,
  }));
};
