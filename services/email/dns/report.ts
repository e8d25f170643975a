// SPF, DKIM and DMARC of a sender's domain in one report, with what to publish. Looking changes nothing; it takes at most
// 12 seconds, and what was not answered by then is `unknown`, never `missing`.
import type { Config } from "../../../shared/config.ts";
import type { DnsCheck, DnsReport } from "../../../shared/contracts/senders.ts";
import type { Clock } from "../../../shared/lib/clock.ts";
import { domainOf } from "../../../shared/messaging/permitted.ts";
import { checkDkim } from "./check-dkim.ts";
import { checkDmarc } from "./check-dmarc.ts";
import { checkSpf } from "./check-spf.ts";
import { isMailboxService } from "./known-services.ts";
import type { Dns } from "./lookup.ts";
import { waysOut } from "./ways-out.ts";

const ALL_MS = 12_000;

export interface DnsQuestion {
  readonly fromAddress: string;
  /** Comma-separated. */
  readonly dkimSelector: string | null;
}

/** Top-level domains that belong to nobody (RFC 2606, RFC 6761). */
const nobodys = /(^|\.)(example|invalid|test|localhost)$/;

const noteOn = (domain: string, live: boolean): string | null => {
  if (nobodys.test(domain))
    return `${domain} is an example and belongs to nobody, so nothing can be published for it. Give the account an address of your own domain.`;
  if (isMailboxService(domain))
    return `${domain} belongs to a mailbox service: you cannot publish records there, and receivers refuse bulk mail in its name that comes from elsewhere. Use an address of your own domain.`;
  return live ? null : "Mail stays in the sandbox for now. These records count as soon as a live provider sends.";
};

/** What nobody can publish is not offered to be published. */
const withoutRecords = ({ expected: _, ...check }: DnsCheck): DnsCheck => ({
  ...check,
  expected: null,
  todo: "Use an address of your own domain.",
});

/** Looks up and explains. `dns` is stopped when time is up. */
export const dnsReport = async (
  dns: Dns,
  { fromAddress, dkimSelector }: DnsQuestion,
  settings: Pick<Config, "emailProvider" | "smtpUrls" | "bounceAddress">,
  clock: Clock,
): Promise<DnsReport> => {
  const domain = domainOf(fromAddress);
  const returnPath = settings.bounceAddress === undefined ? undefined : domainOf(settings.bounceAddress);
  const ways = waysOut(settings);
  const live = ways.length > 0;
  const selectors = (dkimSelector ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
  const late = setTimeout(() => dns.stop(), ALL_MS);
  try {
    const [spf, dkim] = await Promise.all([
      checkSpf(dns, domain, ways, returnPath),
      checkDkim(dns, domain, ways, selectors),
    ]);
    const dmarc = await checkDmarc(dns, domain, spf, dkim, live);
    const { aligned: _spf, ...plainSpf } = spf;
    const { aligned: _dkim, ...plainDkim } = dkim;
    const checks: DnsCheck[] = [plainSpf, plainDkim, dmarc];
    const foreign = nobodys.test(domain) || isMailboxService(domain);
    return {
      domain,
      checkedAt: clock.now().toISOString(),
      note: noteOn(domain, live),
      checks: foreign ? checks.map((check) => (check.status === "ok" ? check : withoutRecords(check))) : checks,
    };
  } finally {
    clearTimeout(late);
  }
};
