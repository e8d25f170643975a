// Schedules in people's hands: jobs that somebody started beside the clock are slots of their own, with who did it.
// Reason for the partial index: missed slots are counted for a week at every look, and nearly no slot is missed.
import type { Migration } from "../migrate.ts";

export const schedules: Migration = {
  name: "0018_schedules",
  up: async (trx) => {
    await trx.raw(`
      alter table scheduler.schedule_slots
        drop constraint schedule_slots_outcome_check,
        add constraint schedule_slots_outcome_check check (outcome in ('fired', 'overlapped', 'missed', 'by-hand')),
        -- Who started it, when somebody did.
        add column started_by uuid;
      create index schedule_slots_missed on scheduler.schedule_slots (schedule, fire_at) where outcome = 'missed';
    `);
  },
};
