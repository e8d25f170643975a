// The way out for mail: each SMTP server greets and answers EHLO, and an API takes the key. Nothing is sent.

import { connect as connectPlain, type Socket } from "node:net";
import { hostname } from "node:os";
import { connect as connectTls } from "node:tls";
import { providerFindings } from "../../shared/boot/provider.ts";
import type { Environment } from "../../shared/environment.ts";
import { about, type Finding } from "../../shared/finding.ts";
import { wordsOf } from "../../shared/lib/connection-trouble.ts";
import type { ProviderSettings } from "../../shared/provider-missing.ts";
import { splitList } from "../../shared/variables.ts";

const { ok, warning, problem } = about("Email");
const WAIT_MS = 8_000;

/** Speaks the first two lines of SMTP with a server. Resolves with its answer to EHLO; rejects with what went wrong. */
const greet = (url: URL): Promise<string> =>
  new Promise((resolve, reject) => {
    const secure = url.protocol === "smtps:";
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const port = Number(url.port || (secure ? 465 : 587));
    const socket: Socket = secure ? connectTls({ host, port, servername: host }) : connectPlain({ host, port });
    let text = "";
    let greeted = false;
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(WAIT_MS, () => fail(new Error(`no answer within ${WAIT_MS / 1000} s`)));
    socket.on("error", fail);
    socket.on("close", () => fail(new Error("it closed the connection")));
    socket.on("data", (data: Buffer) => {
      text += data.toString("latin1");
      // The last line of an answer has a blank behind its code.
      const last = /^(\d{3}) .*\r?\n/m.exec(text);
      if (!last) return;
      if (!/^2/.test(last[1] ?? "")) return fail(new Error(`it says: ${last[0].trim()}`));
      if (!greeted) {
        greeted = true;
        text = "";
        socket.write(`EHLO ${hostname().replace(/[^\w.-]/g, "") || "localhost"}\r\n`);
        return;
      }
      socket.end("QUIT\r\n");
      resolve(text);
    });
  });

const checkSmtp = async (text: string): Promise<Finding> => {
  const url = URL.parse(text);
  if (!url) return problem("SMTP", "an address that cannot be read", "Write it as smtps://user:secret@host:465.");
  try {
    const answer = await greet(url);
    const loopback = /^(localhost|127\.|\[::1\])/.test(url.hostname);
    if (url.protocol === "smtp:" && !/^250[ -]STARTTLS/im.test(answer) && !loopback)
      return warning(
        url.host,
        "it answers, without encryption",
        "Use smtps://, or switch STARTTLS on at the server: user and mails would go in the clear.",
      );
    return ok(url.host, url.protocol === "smtps:" ? "it answers over TLS" : "it answers");
  } catch (error) {
    return problem(
      url.host,
      `no: ${wordsOf(error)}`,
      "Check host and port, and that this machine may connect out to it (many hosters close port 25).",
    );
  }
};

/** Asks an API for something harmless that needs the key. */
const checkApi = async (
  name: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  takesKey: (status: number, body: string) => boolean,
): Promise<Finding> => {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(WAIT_MS) });
    const body = (await response.text()).slice(0, 2_000);
    if (takesKey(response.status, body)) return ok(name, "it answers and takes the key");
    if (response.status === 401 || response.status === 403 || response.status === 422)
      return problem(name, `it refuses the key (${response.status})`, "Make a new key there and set it.");
    return warning(name, `it answers ${response.status}`, "Try again later, or look at its status page.");
  } catch (error) {
    const cause = (error as { cause?: unknown }).cause ?? error;
    return problem(name, `no: ${wordsOf(cause)}`, "This machine must be able to connect out to it over HTTPS.");
  }
};

/** Findings about the configured provider: whether it can work here, and whether it answers. */
export const checkEmail = async (environment: Environment): Promise<Finding[]> => {
  const { value } = environment;
  const place = providerFindings({
    production: value("NODE_ENV") === "production",
    emailProvider: (value("LC_EMAIL_PROVIDER") ?? "sandbox") as ProviderSettings["emailProvider"],
    sendAllowlist: splitList(value("LC_SEND_ALLOWLIST") ?? ""),
    onRailway: value("RAILWAY_ENVIRONMENT_NAME") !== undefined,
  });
  return [...place, ...(await askProvider(environment))];
};

const askProvider = async ({ value }: Environment): Promise<Finding[]> => {
  const provider = value("LC_EMAIL_PROVIDER");
  if (provider === "smtp") {
    // Without any, the variables say so.
    return Promise.all(splitList(value("LC_SMTP_URLS") ?? "").map(checkSmtp));
  }
  if (provider === "resend") {
    const key = value("RESEND_API_KEY");
    if (!key) return [];
    // A key that may only send is refused here by name, which proves it as well.
    const takes = (status: number, body: string) => status === 200 || body.includes("restricted_api_key");
    return [await checkApi("Resend", `${value("LC_RESEND_URL")}/domains`, { authorization: `Bearer ${key}` }, takes)];
  }
  if (provider === "postmark") {
    const token = value("POSTMARK_TOKEN");
    if (!token) return [];
    const headers = { accept: "application/json", "x-postmark-server-token": token };
    return [await checkApi("Postmark", `${value("LC_POSTMARK_URL")}/server`, headers, (status) => status === 200)];
  }
  return [];
};
