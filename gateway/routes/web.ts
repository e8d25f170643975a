// The built web app: hashed assets are cached for ever, the page itself never, and every path of the app leads to it.
import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import ApiGateway from "moleculer-web";
import { type Exchange, sendText } from "../exchange.ts";
import { asApp, asPage } from "../headers.ts";
import { renderPage } from "../pages/page.ts";
import type { GatewaySettings } from "../settings.ts";

const yearSeconds = 31_536_000;
/** Below these nothing belongs to the web app: an unknown path there is a problem, not the app. */
const notTheApp = /^\/(?:api|sandbox|health|metrics|version|hooks|debug|t|u)(?:\/|$)/;

const fileHeaders = (res: ServerResponse, path: string): void => {
  asApp({ res });
  res.setHeader(
    "cache-control",
    /[\\/]assets[\\/]/.test(path) ? `public, max-age=${yearSeconds}, immutable` : "no-cache",
  );
};

const missing = renderPage(
  "The web app is not built yet",
  "<p>The API is up. The web app appears here once its build has finished: reload this page in a moment, or run <code>npm start</code> again and read what it says about the build.</p>",
);

/** True when the path could belong to the web app. */
export const isWebPath = (path: string): boolean => !notTheApp.test(path);

/**
 * Serves the web app. Answers false when the request is none for it: another method, or a file that does not exist.
 */
export const createWeb = (settings: GatewaySettings): ((exchange: Exchange) => Promise<boolean>) => {
  const files = ApiGateway.serveStatic(settings.webFolder, {
    index: false,
    redirect: false,
    dotfiles: "ignore",
    setHeaders: fileHeaders,
  });

  const serveFile = ({ req, res, path }: Exchange): Promise<boolean> =>
    new Promise((resolve, reject) => {
      res.once("close", () => resolve(true));
      req.url = path;
      // Calls back only when there is no such file.
      files(req as never, res as never, (error?: unknown) => (error ? reject(error) : resolve(false)));
    });

  const serveIndex = async (exchange: Exchange): Promise<void> => {
    const page = await readFile(join(settings.webFolder, "index.html"), "utf8").catch(() => undefined);
    exchange.res.setHeader("cache-control", "no-cache");
    if (page !== undefined) {
      asApp(exchange);
      sendText(exchange, 200, "text/html; charset=utf-8", page);
    } else if (settings.webUrl && new URL(settings.webUrl).origin !== new URL(settings.publicUrl).origin) {
      exchange.res.writeHead(302, { location: settings.webUrl });
      exchange.res.end();
    } else {
      asPage(exchange);
      exchange.res.setHeader("retry-after", "5");
      sendText(exchange, 503, "text/html; charset=utf-8", missing);
    }
  };

  return async (exchange) => {
    const { req, path } = exchange;
    if ((req.method !== "GET" && req.method !== "HEAD") || !isWebPath(path)) return false;
    if (path !== "/" && path !== "/index.html" && (await serveFile(exchange))) return true;
    const wantsPage = /\btext\/html\b|\*\/\*/.test(req.headers.accept ?? "*/*");
    // A missing asset must not answer with the page: the browser would take it for a script.
    if (!wantsPage || path.startsWith("/assets/") || /\.[a-z0-9]{2,5}$/i.test(path.replace(/index\.html$/, "")))
      return false;
    await serveIndex(exchange);
    return true;
  };
};
