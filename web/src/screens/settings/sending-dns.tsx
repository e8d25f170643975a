// SPF, DKIM and DMARC of an account's domain: how each stands, what it means, and the record to publish, ready to copy.
import { Button, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import type { DnsCheck, DnsRecord } from "../../../../shared/contracts/senders.ts";
import { Icon } from "../../parts/icon.tsx";
import { Note, ProblemNote } from "../../parts/note.tsx";
import { Status } from "../../parts/status.tsx";
import { useRead } from "../../query.ts";
import css from "./sending.module.css";
import { Copy } from "./sending-copy.tsx";
import { checkNames, checkWords } from "./sending-words.ts";

const ToPublish = ({ record, name }: { readonly record: DnsRecord; readonly name: string }) => (
  <dl className={css["record"]}>
    <div>
      <dt>Name</dt>
      <dd>
        <span>{record.host}</span>
        <Copy text={record.host} what={`the name for ${name}`} />
      </dd>
    </div>
    <div>
      <dt>Type</dt>
      <dd>{record.type}</dd>
    </div>
    <div>
      <dt>Value</dt>
      <dd>
        <span>{record.value}</span>
        <Copy text={record.value} what={`the value for ${name}`} />
      </dd>
    </div>
  </dl>
);

const Check = ({ check }: { readonly check: DnsCheck }) => {
  const { name, about } = checkNames[check.name];
  return (
    <li>
      <Group gap="sm" justify="space-between">
        <Title order={4} size="h5">
          {name}{" "}
          <Text span c="dimmed" fz="sm" fw={400}>
            {about}
          </Text>
        </Title>
        <Status word={checkWords[check.status]} />
      </Group>
      <Text fz="sm" className="lc-break" maw="75ch">
        {check.explanation}
      </Text>
      {check.found.length > 0 && (
        <div>
          <Text fz="sm" c="dimmed" mb={4}>
            Found at <span className="lc-mono lc-break">{check.host}</span>
          </Text>
          {check.found.map((text) => (
            <pre key={text} className={css["said"]}>
              {text}
            </pre>
          ))}
        </div>
      )}
      {check.todo && (
        <Text fz="sm" fw={500} className="lc-break" maw="75ch">
          {check.todo}
        </Text>
      )}
      {check.expected && <ToPublish record={check.expected} name={name} />}
    </li>
  );
};

/** The check of one account, on demand: it asks the DNS anew each time. */
export const DnsPanel = ({ accountId, domain }: { readonly accountId: string; readonly domain: string }) => {
  const [wanted, setWanted] = useState(false);
  const report = useRead("senders.dns", { id: accountId }, { enabled: wanted });
  return (
    <Stack gap="md">
      <Group justify="space-between" gap="xs">
        <Text fz="sm" className="lc-break" flex="1 1 220px">
          Do receivers believe mail from <b>{domain}</b>?
        </Text>
        <Button
          variant="default"
          leftSection={<Icon name={wanted ? "refresh" : "search"} size={15} />}
          loading={report.isFetching}
          onClick={() => (wanted ? void report.refetch() : setWanted(true))}
        >
          {wanted ? "Check again" : "Check SPF, DKIM and DMARC"}
        </Button>
      </Group>
      {report.isError && <ProblemNote problem={report.error} retry={() => void report.refetch()} />}
      {wanted && report.isPending && <Skeleton height={160} role="status" aria-label="Loading the DNS records" />}
      {report.data && (
        <>
          {report.data.note && <Note tone="info" title={report.data.note} />}
          <ul className={`lc-plain-list ${css["checks"]}`}>
            {report.data.checks.map((check) => (
              <Check key={check.name} check={check} />
            ))}
          </ul>
        </>
      )}
    </Stack>
  );
};
