// web/public/_headers: how Cloudflare Pages answers for the web app, with the same headers as the gateway. Written by
// `npm run docs`; the build adds the API's address. There is no _redirects: without a 404.html every path is the app.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { standingHeaders, tlsHeader } from "../gateway/headers.ts";

const file = resolve(import.meta.dirname, "../web/public/_headers");
const most = 2_000;

/** The file as it has to be today. Throws when a line is longer than Pages reads. */
export const pagesHeaders = (): string => {
  const lines = [
    "# Written by npm run docs, for Cloudflare Pages.",
    "/*",
    ...[...standingHeaders, tlsHeader].map(([name, value]) => `  ${name}: ${value}`),
    "/assets/*",
    "  cache-control: public, max-age=31536000, immutable",
  ];
  const long = lines.find((line) => line.length > most);
  if (long) throw new Error(`Cloudflare Pages reads at most ${most} characters of a line: ${long.slice(0, 60)}…`);
  return `${lines.join("\n")}\n`;
};

if (import.meta.main) {
  const wanted = pagesHeaders();
  const found = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (found !== wanted) writeFileSync(file, wanted);
  process.stdout.write(`web/public/_headers is ${found === wanted ? "up to date" : "written"}\n`);
}
