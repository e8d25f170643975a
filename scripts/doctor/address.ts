// PUBLIC_URL: where links in mails lead, and whether anybody can follow them there.
import type { Environment } from "../../shared/environment.ts";
import { about, type Finding } from "../../shared/finding.ts";
import { wordsOf } from "../../shared/lib/connection-trouble.ts";
import { leadsHere } from "../../shared/lib/loopback.ts";

const { ok, warning, problem } = about("Address");
const WAIT_MS = 5_000;
const within = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)|\.(local|internal|lan|localhost)$/;

const reach = async (url: string): Promise<Finding> => {
  try {
    const response = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(WAIT_MS) });
    return response.ok
      ? ok("Reachable", "the platform answers there")
      : warning(
          "Reachable",
          `${response.status} at ${url}/health/live`,
          "Lead this address to the gateway's port, unless it is not started yet.",
        );
  } catch (error) {
    const why = wordsOf((error as { cause?: unknown }).cause ?? error);
    return warning(
      "Reachable",
      `no: ${why}`,
      "Lead this address to the gateway's port; it may also be that only this machine cannot reach it.",
    );
  }
};

/** Findings about the address that recipients use. */
export const checkAddress = async ({ value }: Environment): Promise<Finding[]> => {
  const given = value("PUBLIC_URL");
  const live = value("LC_EMAIL_PROVIDER") !== "sandbox";
  const advice = "Set PUBLIC_URL to the address that recipients reach, such as https://learn.example.org.";
  if (!given)
    return live
      ? [problem("PUBLIC_URL", "not set, while mail goes to real people", `Launching is refused. ${advice}`)]
      : [ok("PUBLIC_URL", "not set: links lead to this machine, which is all the sandbox needs")];
  const url = URL.parse(given);
  // What is wrong with it stands at the variables.
  if (!url) return [];
  if (leadsHere(given))
    return live
      ? [problem("PUBLIC_URL", `${given} is this machine itself`, `Launching is refused. ${advice}`)]
      : [ok("PUBLIC_URL", `${given}, for trying on this machine`)];
  const findings: Finding[] = [];
  if (within.test(url.hostname))
    findings.push(
      warning(
        "PUBLIC_URL",
        `${given} is inside your network`,
        "People outside of it cannot follow links or unsubscribe.",
      ),
    );
  else if (url.protocol === "http:")
    findings.push(
      warning(
        "PUBLIC_URL",
        `${given} is not encrypted`,
        "Use https: signing in needs it, and mail programs warn about links without.",
      ),
    );
  else findings.push(ok("PUBLIC_URL", given));
  if (url.pathname.replace(/\/+$/, "") !== "" || url.search)
    findings.push(
      warning(
        "PUBLIC_URL",
        `it has the path ${url.pathname}`,
        "Use the bare address of a host of its own: the web app expects to be at its root.",
      ),
    );
  return [...findings, await reach(given.replace(/\/+$/, ""))];
};
