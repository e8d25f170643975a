// The platform as a contender: its groups as processes, everything through its API. The clock runs from the launch call
// to the moment the campaign says it was completed.
import { type Platform, type PlatformOptions, startPlatform } from "../platform.ts";
import { importContacts, setSender, until } from "../recipients.ts";
import type { Contender } from "./contender.ts";
import { html, subject, text } from "./content.ts";

/** All groups of the platform in processes of their own, sending to the sink as to a live SMTP server. */
export const createOurs = (options: PlatformOptions): Contender => {
  let platform: Platform | undefined;
  return {
    name: "ours",
    linkPrefix: `${options.publicUrl}/t/c/`,
    prepare: async (recipients) => {
      platform = await startPlatform(options);
      await setSender(options.databaseUrl);
      if (recipients > 0) await importContacts(platform, recipients);
    },
    run: async () => {
      if (!platform) throw new Error("prepare was not called");
      const { api } = platform;
      const draft = { name: "Bench", channel: "email", audience: { all: true }, content: { subject, html, text } };
      const { id } = await api<{ id: string }>("POST", "/campaigns", draft);
      const launched = Date.now();
      await api("POST", `/campaigns/${id}/launch`, {});
      const { completedAt } = await until(
        "the campaign's completion",
        1800,
        () => api<{ status: string; completedAt: string | null }>("GET", `/campaigns/${id}`),
        ({ status }) => ["completed", "held", "cancelled"].includes(status),
      );
      const { states } = await api<{ states: Record<string, number> }>("GET", `/campaigns/${id}/stats`);
      if (!completedAt) throw new Error(`The campaign did not complete: ${JSON.stringify(states)}`);
      const total = Object.values(states).reduce((sum, count) => sum + count, 0);
      return { seconds: (Date.parse(completedAt) - launched) / 1000, failed: total - (states.accepted ?? 0) };
    },
    stop: async () => platform?.stop(),
  };
};
