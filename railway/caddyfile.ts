// The generated parts of railway/Caddyfile: which paths go to the gateway, and the headers of the web app, which are
// those of the gateway. `npm run docs` writes them, a test fails when they are out of date.
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { standingHeaders, tlsHeader } from "../gateway/headers.ts";
import { gatewayPaths } from "../gateway/route-table.ts";

const file = resolve(import.meta.dirname, "Caddyfile");

/** Matchers of Caddy for these paths: everything below a first segment that has something below it, single paths as they are. */
export const matchersOf = (paths: readonly string[]): string[] => {
  const matchers = paths.flatMap((path) => {
    const [, first = "", ...below] = path.split("/");
    return below.length > 0 ? [`/${first}`, `/${first}/*`] : [path];
  });
  return [...new Set(matchers)].sort();
};

const gatewayPart = () => [`@gateway path ${matchersOf(gatewayPaths).join(" ")}`];

const [tlsName, tlsValue] = tlsHeader;
const headersPart = () => [
  "@tls header X-Forwarded-Proto https",
  `header @tls ${tlsName} "${tlsValue}"`,
  "header {",
  ...standingHeaders.map(([name, value]) => `\t${name} "${value}"`),
  "\t-Server",
  "}",
];

const fill = (text: string, name: string, lines: readonly string[]): string =>
  text.replace(
    new RegExp(`^([\\t ]*)(# generated: ${name} \\(npm run docs\\)\\n)[^]*?^[\\t ]*# end$`, "m"),
    (_found, indent: string, head: string) =>
      `${indent}${head}${lines.map((line) => `${indent}${line}\n`).join("")}${indent}# end`,
  );

/** The Caddyfile with its generated parts as they have to be today. */
export const upToDate = (text: string): string =>
  fill(fill(text, "paths of the gateway", gatewayPart()), "headers of the web app", headersPart());

if (import.meta.main) {
  const found = readFileSync(file, "utf8");
  const wanted = upToDate(found);
  if (found !== wanted) writeFileSync(file, wanted);
  process.stdout.write(`railway/Caddyfile is ${found === wanted ? "up to date" : "written"}\n`);
}
