// One mail of the sandbox: as a person sees it, as text, and its headers as they were sent.
import { Drawer, Skeleton, Stack, Tabs, Text } from "@mantine/core";
import { MailFrame } from "../../parts/mail-frame.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { Facts } from "../../parts/page.tsx";
import { useRead } from "../../query.ts";
import { moment, size } from "../../words.ts";
import css from "./mailbox.module.css";

/** Drawer of the mail with this number; closed without one. */
export const MailDrawer = ({ id, onClose }: { readonly id: string | undefined; readonly onClose: () => void }) => {
  const mail = useRead("sandbox.getMail", { id: id ?? "" }, { enabled: id !== undefined });
  const { data } = mail;
  return (
    <Drawer
      opened={id !== undefined}
      onClose={onClose}
      size="xl"
      title={data?.subject ?? "Mail"}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {mail.isPending && <Skeleton height={320} role="status" aria-label="Loading the mail" />}
      {mail.isError && <ProblemNote problem={mail.error} retry={() => void mail.refetch()} />}
      {data && (
        <Stack gap="md">
          <Facts
            facts={[
              { name: "To", value: [data.to].flat().join(", ") },
              { name: "From", value: data.headers["from"] ?? data.from },
              { name: "Received", value: `${moment(data.receivedAt)}, ${size(data.size)}` },
            ]}
          />
          <Tabs defaultValue={data.html === "" ? "text" : "html"} keepMounted={false}>
            <Tabs.List>
              {data.html !== "" && <Tabs.Tab value="html">As people see it</Tabs.Tab>}
              <Tabs.Tab value="text">Text</Tabs.Tab>
              <Tabs.Tab value="headers">Headers</Tabs.Tab>
              <Tabs.Tab value="source">Source</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="html" pt="md">
              <MailFrame
                key={data.id}
                title="The mail"
                html={data.html}
                height="min(60vh, 640px)"
                about="Pictures are not loaded: in a mail of ours, loading them counts as an open."
                links
              />
            </Tabs.Panel>
            <Tabs.Panel value="text" pt="md">
              <pre className={css["raw"]}>{data.text || "This mail has no text part."}</pre>
            </Tabs.Panel>
            <Tabs.Panel value="headers" pt="md">
              <Facts
                facts={Object.entries(data.headers).map(([name, value]) => ({
                  name,
                  value: <span className="lc-mono">{value}</span>,
                }))}
              />
            </Tabs.Panel>
            <Tabs.Panel value="source" pt="md">
              <pre className={css["raw"]}>{data.raw}</pre>
              {data.rawTruncated && (
                <Text fz="sm" c="dimmed">
                  The rest is cut off here.
                </Text>
              )}
            </Tabs.Panel>
          </Tabs>
        </Stack>
      )}
    </Drawer>
  );
};
