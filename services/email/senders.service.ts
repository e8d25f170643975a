// Sender accounts: plain CRUD by moleculer-db; the default is changed by hand, because there must always be exactly one.
import { service } from "../../shared/broker/service.ts";
import { config } from "../../shared/config.ts";
import { fail } from "../../shared/contracts/errors.ts";
import type { Entity } from "../../shared/db/moleculer-adapter.ts";
import { resource } from "../../shared/db/resource.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { normaliseEmail } from "../../shared/lib/email-address.ts";
import { makeDefaultSender } from "../../shared/messaging/sender-accounts.ts";
import { createDns } from "./dns/lookup.ts";
import { dnsReport } from "./dns/report.ts";
import { requestTest } from "./senders/request-test.ts";
import { runTest } from "./senders/run-test.ts";
import { sendingSetup } from "./senders/setup.ts";

const checkedAddress = (fields: Entity, path: "fromAddress" | "replyTo"): Entity => {
  const value = fields[path];
  if (typeof value !== "string") return fields;
  const result = normaliseEmail(value);
  if ("problem" in result)
    throw fail("VALIDATION_FAILED", `${path}: ${result.problem}`, { errors: [{ path, message: result.problem }] });
  return { ...fields, [path]: result.email };
};

const senders = resource("senders", {
  table: "messaging.sender_accounts",
  columns: {
    id: "id",
    name: "name",
    channel: "channel",
    fromName: "from_name",
    fromAddress: "from_address",
    replyTo: "reply_to",
    postalAddress: "postal_address",
    ratePerSecond: "rate_per_second",
    dailyLimit: "daily_limit",
    dkimSelector: "dkim_selector",
    testedAt: "tested_at",
    testOk: "test_ok",
    testAnswer: "test_answer",
    isDefault: "is_default",
    isPlaceholder: "is_placeholder",
    createdAt: "created_at",
    updatedAt: "updated_at",
  },
  sort: ["-id"],
  total: true,
  touched: "updatedAt",
  notFound: "SENDER_ACCOUNT_NOT_FOUND",
  // Whoever writes to the placeholder makes it their own.
  check: (fields, verb) => ({
    ...checkedAddress(checkedAddress(fields, "fromAddress"), "replyTo"),
    ...(verb === "update" && typeof fields.fromAddress === "string" ? { isPlaceholder: false } : {}),
  }),
});

export default senders.mixInto(
  service("senders", {
    actions: {
      ...senders.actions,
      update: async (ctx, deps) => {
        const { id, fromAddress, postalAddress } = ctx.params;
        const before = fromAddress === undefined ? undefined : await ctx.call("senders.get", { id });
        // The sample street must not go out under somebody's own address.
        const params = before?.isPlaceholder && postalAddress === undefined ? { postalAddress: null } : {};
        return senders.actions.update({ ...ctx, params: { ...ctx.params, ...params } }, deps);
      },
      makeDefault: async (ctx, deps) => {
        await deps.db.transaction((trx) => makeDefaultSender(trx, ctx.params.id));
        return ctx.call("senders.get", ctx.params);
      },
      remove: async (ctx, deps) => {
        const account = await ctx.call("senders.get", ctx.params);
        if (account.isDefault)
          throw fail(
            "SENDER_ACCOUNT_DEFAULT",
            `"${account.name}" is the account that everything is sent from. Make another one the default first.`,
          );
        return senders.actions.remove(ctx, deps);
      },
      test: async (ctx, deps) => {
        const { id, to } = ctx.params;
        return requestTest(deps, await ctx.call("senders.get", { id }), to, ctx.meta.caller);
      },
      dns: async (ctx, deps) =>
        dnsReport(createDns(config.dnsServers), await ctx.call("senders.get", ctx.params), config, deps.clock),
      setup: () => sendingSetup(config),
    },
    jobs: [
      defineJob({
        name: "sender.test",
        attempts: 5,
        // Somebody who presses the button over and over must not cost the account its good name.
        rateLimit: { key: ({ accountId }) => accountId, limit: 30, perMs: 60_000 },
        handler: runTest,
      }),
    ],
  }),
);
