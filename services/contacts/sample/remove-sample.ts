// Removes the sample workspace: first its campaigns and templates (a job of their group), then its people and what
// belongs to them. What people of the team added stays, also tags and communities of the sample that they use.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import { forgetSamplePeople } from "../../../shared/consent/sample-people.ts";
import type { SampleWorkspace } from "../../../shared/contracts/sample.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { publishMany } from "../../../shared/jobs/outbox.ts";
import { samplePeople } from "../../../shared/lib/sample/sample-people.ts";
import { showSample } from "./show-sample.ts";
import { changeState, deleteSample, sampleState } from "./store.ts";

/** Asks for the removal; nothing happens when there is no sample. Asking again starts one anew that was given up. */
export const askForRemoval = async (deps: Deps): Promise<z.infer<typeof SampleWorkspace>> => {
  await deps.db.transaction(async (trx) => {
    await changeState(trx, "present", "removing");
    if ((await sampleState(trx)) === "removing")
      await enqueue(trx, "campaign.remove-sample", {}, { uniqueKey: "sample" });
  });
  return showSample(deps);
};

/** Job sample.remove. */
export const removeSample = async (deps: Deps): Promise<void> => {
  await deps.db.transaction(async (trx) => {
    if (!(await changeState(trx, "removing", "removed"))) return;
    const removed = await deleteSample(trx);
    const ids = samplePeople.map(({ id }) => id);
    const emails = samplePeople.flatMap(({ email }) => (email === null ? [] : [email]));
    await forgetSamplePeople(trx, ids, emails);
    await publishMany(
      trx,
      "contact.removed",
      removed.map((contactId) => ({ contactId })),
    );
  });
};
