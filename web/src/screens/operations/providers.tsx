// The ways messages leave by: how each is over all processes, and what bounds how fast it goes.
import { Text } from "@mantine/core";
import { ProblemNote } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead } from "../../query.ts";
import { channelWords, count, counted, duration } from "../../words.ts";
import { providerWords } from "./worker-words.ts";
import css from "./workers.module.css";

/** The section of the page. */
export const Providers = () => {
  const providers = useRead("workers.providers", {}, { every: 5_000 });
  const { data, domainRates } = providers.data ?? { data: [], domainRates: [] };
  return (
    <Section title="Providers">
      {providers.isError && <ProblemNote problem={providers.error} retry={() => void providers.refetch()} />}
      {providers.data && data.length === 0 && (
        <Text fz="sm" c="dimmed">
          No process sends anything right now.
        </Text>
      )}
      <ul className={css["plain"]} aria-label="Providers">
        {data.map((provider) => (
          <li key={`${provider.channel} ${provider.name}`}>
            <span className={css["who"]}>
              <span>
                {provider.name}, for {channelWords(provider.channel)}
              </span>
              <small>
                {count(provider.underWay)} of at most {count(provider.concurrency)} at once, from{" "}
                {counted(provider.nodes.length, "process", "processes")}
                {provider.waitMs > 0 && `, asked again in ${duration(provider.waitMs / 1000)}`}
              </small>
              {provider.said && <small>Last refusal: {provider.said}</small>}
            </span>
            <Status word={providerWords[provider.state]} />
          </li>
        ))}
      </ul>
      {domainRates.length > 0 && (
        <Text fz="sm" mt="sm">
          Limited by domain:{" "}
          {domainRates.map(({ domain, perSecond }) => `${domain} ${count(perSecond)} a second`).join(", ")}.
        </Text>
      )}
    </Section>
  );
};
