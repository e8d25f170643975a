// The web app at an address of its own, as Cloudflare Pages serves it: what a browser asks before and with every request
// from there, and what a page of anybody else gets. The browser itself is in test/e2e/second-origin.test.ts.
import { type Answer, type Ask, type Edge, publicHost } from "./edge.ts";

export const webOrigin = `https://app.${publicHost}`;
/** None of them ours, however alike they look. */
const strangers = [
  "https://evil.org",
  `https://xapp.${publicHost}`,
  `${webOrigin}.evil.org`,
  `http://app.${publicHost}`,
  "null",
];

const allows = ({ headers }: Answer, origin: string) =>
  headers["access-control-allow-origin"] === origin && headers["access-control-allow-credentials"] === "true";

/** What does not hold, in sentences; signs in as `who`. */
export const tryOrigins = async (edge: Edge, who: { email: string; password: string }): Promise<string[]> => {
  const remarks: string[] = [];
  const expect = (holds: boolean, what: string) => {
    if (!holds) remarks.push(`second origin: ${what}`);
  };
  const preflight = (origin: string, method: string) =>
    edge.ask({
      method: "OPTIONS",
      path: "/api/v1/communities",
      headers: {
        origin,
        "access-control-request-method": method,
        "access-control-request-headers": "content-type,x-csrf-token,idempotency-key",
      },
    });
  const asked = await preflight(webOrigin, "POST");
  expect(asked.status === 204 && allows(asked, webOrigin), `the preflight was answered with ${asked.status}`);
  expect(/\bPOST\b/.test(asked.headers["access-control-allow-methods"] ?? ""), "the preflight does not permit POST");
  expect(
    /x-csrf-token/i.test(asked.headers["access-control-allow-headers"] ?? ""),
    "the preflight does not permit X-CSRF-Token",
  );

  const login = await edge.ask({
    method: "POST",
    path: "/api/v1/auth/login",
    headers: { origin: webOrigin },
    body: who,
  });
  const cookie = login.headers["set-cookie"]?.[0] ?? "";
  expect(
    login.status === 200 && allows(login, webOrigin),
    `signing in from ${webOrigin} was answered with ${login.status}`,
  );
  expect(/^__Host-.*SameSite=Lax; Secure/.test(cookie), "the cookie would not be kept, or not be sent from there");
  const { csrfToken = "" } = login.status === 200 ? (JSON.parse(login.text) as { csrfToken?: string }) : {};
  const signedIn = (origin: string): Ask["headers"] => ({
    origin,
    cookie: cookie.split(";")[0] ?? "",
    "x-csrf-token": csrfToken,
  });
  const write = (origin: string, name: string) =>
    edge.ask({ method: "POST", path: "/api/v1/communities", headers: signedIn(origin) ?? {}, body: { name } });
  const read = (origin: string) => edge.ask({ path: "/api/v1/auth/me", headers: signedIn(origin) ?? {} });

  const own = await read(webOrigin);
  expect(own.status === 200 && allows(own, webOrigin), `reading from ${webOrigin} was answered with ${own.status}`);
  expect(/\borigin\b/i.test(own.headers.vary ?? ""), "answers do not say that they vary with the origin");
  const made = await write(webOrigin, "Second origin");
  expect(made.status === 201, `writing from ${webOrigin} was answered with ${made.status} ${made.text.slice(0, 200)}`);

  for (const stranger of strangers) {
    for (const answer of [await preflight(stranger, "POST"), await read(stranger)])
      expect(answer.headers["access-control-allow-origin"] === undefined, `${stranger} may read our answers`);
    const { status } = await write(stranger, stranger);
    expect(status === 403, `${stranger} may write with the session of somebody: ${status}`);
  }
  return remarks;
};
