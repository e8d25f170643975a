// How mail leaves: what the environment configures. To be read here, and changed where the platform is started.
import { Skeleton, Stack, Text } from "@mantine/core";
import type { SendingSetup } from "../../../../shared/contracts/senders.ts";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { type Fact, Facts, Section } from "../../parts/page.tsx";
import { useRead } from "../../query.ts";
import { providerNames } from "./sending-words.ts";

const facts = (setup: SendingSetup): Fact[] => [
  { name: "Provider", value: providerNames[setup.provider] },
  ...(setup.provider === "sandbox"
    ? []
    : setup.servers.map((server, index) => ({
        name: setup.servers.length > 1 ? `Server ${index + 1}` : "Server",
        value: (
          <>
            <span className="lc-mono">{server.address}</span>, {server.encryption}
            {server.signsIn ? "" : ", without signing in"}
          </>
        ),
      }))),
  ...(setup.key === null ? [] : [{ name: "Key", value: <span className="lc-mono">{setup.key}</span> }]),
  ...(setup.stream === null ? [] : [{ name: "Bulk stream", value: setup.stream }]),
  { name: "Links lead to", value: <span className="lc-mono">{setup.publicUrl}</span> },
  ...(setup.allowlist.length === 0 ? [] : [{ name: "Only to", value: setup.allowlist.join(", ") }]),
  ...(setup.domainRates.length === 0
    ? []
    : [
        {
          name: "Slower to",
          value: setup.domainRates.map(({ domain, perSecond }) => `${domain} (${perSecond} a second)`).join(", "),
        },
      ]),
];

const loopback = /^https?:\/\/(localhost|127\.|\[::1\]|[^/:]+\.localhost)/;

/** The panel. */
export const Setup = () => {
  const setup = useRead("senders.setup", {});
  if (setup.isError) return <ProblemNote problem={setup.error} retry={() => void setup.refetch()} />;
  if (!setup.data) return <Skeleton height={160} radius="lg" role="status" aria-label="Loading how mail leaves" />;
  const live = setup.data.provider !== "sandbox";
  return (
    <Section title="How mail leaves">
      <Stack gap="md">
        <Facts facts={facts(setup.data)} />
        {live && loopback.test(setup.data.publicUrl) && (
          <Note tone="bad" title="Recipients cannot reach the address of your links">
            It leads to this machine, so unsubscribe links would be dead and campaigns cannot be launched. Set{" "}
            <span className="lc-mono">PUBLIC_URL</span> to your public address and start the platform again.
          </Note>
        )}
        <Text fz="sm" c="dimmed">
          {live
            ? "This comes from the environment of the platform and is changed there."
            : "To send for real, set LC_EMAIL_PROVIDER and what it needs in the platform's environment, then start it again. The README says how, under “Sending for real”."}
        </Text>
      </Stack>
    </Section>
  );
};
