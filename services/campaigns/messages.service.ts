// Messages: the one door for single messages, the search over everything, and what recipients' links lead to.
import { service } from "../../shared/broker/service.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { makePartitions } from "../../shared/messaging/message-rows.ts";
import { countFound, searchMessages, showMessage } from "./messages/list.ts";
import { messagesCsv } from "./messages/messages-csv.ts";
import { sendMessages } from "./messages/send.ts";
import { recordTracking, trackToken, unsubscribeByToken } from "./messages/track.ts";

export default service("messages", {
  actions: {
    // Keys belong to whoever chose them: the same word from two callers means two messages.
    send: (ctx, deps) => sendMessages(deps, ctx.params, ctx.meta.idempotencyKey, ctx.meta.caller?.userId ?? "within"),
    list: (ctx, deps) => searchMessages(deps, ctx.params),
    csv: (ctx, deps) => messagesCsv(deps, ctx.params),
    count: (ctx, deps) => countFound(deps, ctx.params),
    get: (ctx, deps) => showMessage(deps, ctx.params),
    track: (ctx, deps) => trackToken(deps, ctx.params),
    unsubscribe: (ctx, deps) => unsubscribeByToken(deps, ctx.params),
  },
  jobs: [
    defineJob({ name: "tracking.click-record", handler: (input, run) => recordTracking(run.deps, input, run.id) }),
    defineJob({ name: "messages.partition", handler: (_input, run) => makePartitions(run.deps.db, 2) }),
  ],
});
