// Shows whether the sample workspace is there, with what removing it would take away at this moment.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import type { SampleWorkspace } from "../../../shared/contracts/sample.ts";
import { countSample, sampleState } from "./store.ts";

const nothing = { people: 0, segments: 0, tags: 0, communities: 0 } as const;

/** `none` when it never was there or is gone, and for whoever sees some communities: removing it is not theirs. */
export const showSample = async (deps: Deps): Promise<z.infer<typeof SampleWorkspace>> => {
  if (deps.scope) return { state: "none", ...nothing };
  const state = await sampleState(deps.db);
  if (state === undefined || state === "removed") return { state: "none", ...nothing };
  return { state, ...(await countSample(deps.db)) };
};
