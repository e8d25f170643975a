// What recipients of mail reach: the open pixel, tracked links, and unsubscribing. No login, no cookie, and a forged token
// costs one HMAC and no call. GET and HEAD change nothing but the record of opens and clicks; HEAD not even that.
import { callAction } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { keyedHash, type MessageTokenPurpose, readMessageToken } from "../../shared/lib/tokens.ts";
import { readBytes } from "../body.ts";
import { type Exchange, hasBody, sendText } from "../exchange.ts";
import { asPage } from "../headers.ts";
import type { OwnRoute } from "../operations.ts";
import { escapeHtml, renderPage } from "../pages/page.ts";
import { styleSheet } from "../pages/style.ts";
import { classify, logUnforeseen } from "../problem.ts";
import type { GatewaySettings } from "../settings.ts";

const pixel = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");
const pixelWaitMs = 2_000;
const html = "text/html; charset=utf-8";

const sendPage = (exchange: Exchange, status: number, title: string, body: string): void => {
  exchange.res.setHeader("cache-control", "no-store");
  asPage(exchange);
  sendText(exchange, status, html, renderPage(title, body));
};

const notHere = (exchange: Exchange): void =>
  sendPage(
    exchange,
    404,
    "This link does not work",
    "<p>It may be incomplete. Please open it again from the message it came in.</p>",
  );

/** Says that something is away without saying what; anything unforeseen gets its line in the log. */
const sorry = (deps: Deps, exchange: Exchange, error: unknown): void => {
  logUnforeseen(deps.log, exchange.requestId, "a public page", error);
  const { code } = classify(error);
  if (code === "MESSAGE_NOT_FOUND" || code === "NOT_FOUND") {
    notHere(exchange);
    return;
  }
  exchange.res.setHeader("retry-after", "5");
  sendPage(
    exchange,
    503,
    "One moment, please",
    "<p>This page cannot be shown right now. Please try again in a minute.</p>",
  );
};

/** The destination as a header may carry it: ASCII, and nothing but a web address. */
const headerUrl = (location: string | null): string | undefined => {
  if (location === null || !/^https?:\/\//i.test(location)) return undefined;
  return /^[\x21-\x7e]+$/.test(location) ? location : URL.parse(location)?.href;
};

export const publicRoutes = (deps: Deps, settings: GatewaySettings): readonly OwnRoute[] => {
  const { broker } = deps;
  const isOurs = (exchange: Exchange, purpose: MessageTokenPurpose): boolean =>
    readMessageToken(settings.secretKeys, purpose, exchange.params.token ?? "") !== undefined;

  const track = (exchange: Exchange, purpose: MessageTokenPurpose, timeout?: number) => {
    const userAgent = exchange.req.headers["user-agent"]?.slice(0, 500);
    const params = {
      token: exchange.params.token ?? "",
      purpose,
      ...(userAgent ? { userAgent } : {}),
      // Tells repeated opens from one place apart from others, and cannot be turned back into an address.
      addressHash: keyedHash(settings.secretKeys, "address", exchange.address),
    };
    const called = callAction(broker, "messages.track", params, { requestId: exchange.requestId });
    return timeout === undefined
      ? called
      : Promise.race([
          called,
          new Promise<never>((_, reject) => setTimeout(() => reject(new Error("too slow")), timeout).unref()),
        ]);
  };

  const open = async (exchange: Exchange): Promise<void> => {
    if (!isOurs(exchange, "open")) {
      notHere(exchange);
      return;
    }
    if (exchange.req.method !== "HEAD") {
      // The picture is shown whatever happens to the record.
      await track(exchange, "open", pixelWaitMs).catch((error: unknown) =>
        deps.log.debug(`an open was not recorded: ${(error as Error).message}`),
      );
    }
    exchange.res.writeHead(200, {
      "content-type": "image/gif",
      "content-length": pixel.length,
      "cache-control": "no-store, private",
      "cross-origin-resource-policy": "cross-origin",
    });
    exchange.res.end(pixel);
  };

  const click = async (exchange: Exchange): Promise<void> => {
    if (!isOurs(exchange, "click")) {
      notHere(exchange);
      return;
    }
    if (exchange.req.method === "HEAD") {
      sendText(exchange, 200, html, "");
      return;
    }
    try {
      const location = headerUrl((await track(exchange, "click")).location);
      if (!location) {
        notHere(exchange);
        return;
      }
      exchange.res.writeHead(302, { location, "cache-control": "no-store, private", "content-length": 0 });
      exchange.res.end();
    } catch (error) {
      sorry(deps, exchange, error);
    }
  };

  const showUnsubscribe = async (exchange: Exchange): Promise<void> => {
    if (!isOurs(exchange, "unsubscribe")) {
      notHere(exchange);
      return;
    }
    try {
      const { address, unsubscribed } = await track(exchange, "unsubscribe");
      const whom = address ? `<strong>${escapeHtml(address)}</strong>` : "this address";
      if (unsubscribed)
        sendPage(
          exchange,
          200,
          "You are unsubscribed",
          `<p>We no longer send newsletters or campaigns to ${whom}.</p>`,
        );
      else
        sendPage(
          exchange,
          200,
          "Unsubscribe",
          `<p>Stop sending newsletters and campaigns to ${whom}?</p>\n<form method="post" action="/u/${escapeHtml(exchange.params.token ?? "")}"><button type="submit">Unsubscribe</button></form>`,
        );
    } catch (error) {
      sorry(deps, exchange, error);
    }
  };

  const unsubscribe = async (exchange: Exchange): Promise<void> => {
    if (!isOurs(exchange, "unsubscribe")) {
      notHere(exchange);
      return;
    }
    // One-click (RFC 8058) and our own form mean the same; what the body says does not matter, only that it is small.
    if (hasBody(exchange.req)) await readBytes(exchange.req, 64 * 1024);
    try {
      const { address } = await callAction(
        broker,
        "messages.unsubscribe",
        { token: exchange.params.token ?? "" },
        { requestId: exchange.requestId },
      );
      const whom = address ? `<strong>${escapeHtml(address)}</strong>` : "this address";
      sendPage(
        exchange,
        200,
        "You are unsubscribed",
        `<p>We no longer send newsletters or campaigns to ${whom}. It was enough to do this once.</p>`,
      );
    } catch (error) {
      sorry(deps, exchange, error);
    }
  };

  const style = (exchange: Exchange): void => {
    exchange.res.setHeader("cache-control", "public, max-age=3600");
    sendText(exchange, 200, "text/css; charset=utf-8", styleSheet);
  };

  return [
    { method: "GET", path: "/t/o/:token.gif", permission: undefined, handle: open },
    { method: "GET", path: "/t/c/:token", permission: undefined, handle: click },
    { method: "GET", path: "/u/:token", permission: undefined, handle: showUnsubscribe },
    { method: "POST", path: "/u/:token", permission: undefined, handle: unsubscribe },
    { method: "GET", path: "/gateway.css", permission: undefined, handle: style },
  ];
};
