// Who is told: addresses, a webhook with its secret, and what went out lately.
import { Button, Checkbox, Code, Drawer, Group, Stack, Text, Textarea, TextInput, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useEffect, useId, useState } from "react";
import { useForm } from "react-hook-form";
import { orNull, showAtFields } from "../../../form.ts";
import { Note, ProblemNote } from "../../../parts/note.tsx";
import { Facts, Section } from "../../../parts/page.tsx";
import { useRead, useWrite } from "../../../query.ts";
import { counted, shortMoment } from "../../../words.ts";
import { type Channels as ChannelsView, noticeWords } from "./alert-words.ts";
import css from "./alerts.module.css";

interface Fields {
  emailOn: boolean;
  emailTo: string;
  webhookUrl: string;
  reminderHours: string;
}

const fieldsOf = ({ email, webhook, reminderHours }: ChannelsView): Fields => ({
  emailOn: email.on,
  emailTo: email.to.join("\n"),
  webhookUrl: webhook.url ?? "",
  reminderHours: String(reminderHours),
});

const ChannelsForm = ({
  channels,
  opened,
  onClose,
}: {
  readonly channels: ChannelsView;
  readonly opened: boolean;
  readonly onClose: () => void;
}) => {
  const form = useForm<Fields>({ defaultValues: fieldsOf(channels) });
  const save = useWrite("monitors.setChannels", { touches: ["monitors.channels"], done: onClose });
  // Filled in once when it opens: what is read again meanwhile must not take away what is being typed.
  useEffect(() => {
    if (opened) form.reset(fieldsOf(channels));
  }, [opened]);
  useEffect(() => {
    showAtFields(form, save.error, {
      emailTo: "emailTo",
      webhookUrl: "webhookUrl",
      reminderHours: "reminderHours",
    });
  }, [form, save.error]);
  const { errors } = form.formState;
  const submit = form.handleSubmit(({ emailOn, emailTo, webhookUrl, reminderHours }) =>
    save.mutate({
      emailOn,
      emailTo: emailTo.split(/[\s,;]+/).filter(Boolean),
      webhookUrl: orNull(webhookUrl),
      reminderHours: Number(reminderHours),
    }),
  );
  return (
    <Drawer opened={opened} onClose={onClose} title="Who is told" closeButtonProps={{ "aria-label": "Close" }}>
      <form noValidate onSubmit={submit}>
        <Stack gap="md">
          {save.error && save.error.errors.length === 0 && <ProblemNote problem={save.error} />}
          <Checkbox label="Send mail" {...form.register("emailOn")} />
          <Textarea
            label="Addresses"
            description="One a line; empty: all owners"
            autosize
            minRows={2}
            error={errors.emailTo?.message}
            {...form.register("emailTo")}
          />
          <TextInput
            label="Webhook"
            description="An https address that is called with JSON; empty: none"
            placeholder="https://hooks.example.org/alerts"
            error={errors.webhookUrl?.message}
            {...form.register("webhookUrl")}
          />
          <TextInput
            label="Remind after, in hours"
            description="While something stays open"
            inputMode="numeric"
            error={errors.reminderHours?.message}
            {...form.register("reminderHours", {
              pattern: { value: /^\d+$/, message: "Give a whole number from 1 to 168" },
            })}
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={save.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Drawer>
  );
};

const mailWords = ({ email }: ChannelsView): string =>
  email.on ? email.recipients.join(", ") || "nobody: there is no owner" : "off";

/** The section; for owners only. */
export const Channels = () => {
  const { data: channels, error } = useRead("monitors.channels", {}, { every: 5_000 });
  const lately = useId();
  const [changing, setChanging] = useState(false);
  const [shown, setShown] = useState(false);
  const renew = useWrite("monitors.setChannels", { touches: ["monitors.channels"] });
  const test = useWrite("monitors.testChannels", {
    touches: ["monitors.channels"],
    done: () => notifications.show({ message: "The test is on its way." }),
  });
  if (!channels) return error ? <ProblemNote problem={error} /> : null;
  const { webhook } = channels;
  return (
    <Section
      title="Who is told"
      aside={
        <Group gap="xs">
          <Button variant="default" size="compact-sm" loading={test.isPending} onClick={() => test.mutate({})}>
            Send a test
          </Button>
          <Button variant="default" size="compact-sm" onClick={() => setChanging(true)}>
            Change
          </Button>
        </Group>
      }
    >
      <Stack gap="md">
        {(test.error ?? renew.error) && (
          <ProblemNote problem={(test.error ?? renew.error) as NonNullable<typeof test.error>} />
        )}
        {channels.email.on && channels.email.problem && (
          <Note tone="warn" title="No mail would leave">
            {channels.email.problem}
          </Note>
        )}
        <Facts
          facts={[
            { name: "Mail", value: mailWords(channels) },
            { name: "Webhook", value: webhook.url ?? "none" },
            ...(webhook.url === null
              ? []
              : [
                  {
                    name: "Its secret",
                    value: (
                      <span className={css["secret"]}>
                        {shown && <Code>{webhook.secret}</Code>}
                        <Button variant="subtle" size="compact-sm" onClick={() => setShown(!shown)}>
                          {shown ? "Hide" : "Show"}
                        </Button>
                        {shown && (
                          <Button
                            variant="subtle"
                            size="compact-sm"
                            loading={renew.isPending}
                            onClick={() => renew.mutate({ newSecret: true })}
                          >
                            Make a new one
                          </Button>
                        )}
                      </span>
                    ),
                  },
                ]),
            { name: "Reminder", value: `after ${counted(channels.reminderHours, "hour")}, while it stays open` },
          ]}
        />
        {channels.notices.length > 0 && (
          <Stack gap={8}>
            <Title order={3} id={lately}>
              Told lately
            </Title>
            <ul className={css["list"]} aria-labelledby={lately}>
              {channels.notices.map((notice) => (
                <li key={notice.id}>
                  <span className={css["what"]}>
                    <Text fz="sm" component="span">
                      {notice.title}
                    </Text>
                    <small>{noticeWords(notice)}</small>
                  </span>
                  <small>{shortMoment(notice.at)}</small>
                </li>
              ))}
            </ul>
          </Stack>
        )}
      </Stack>
      <ChannelsForm channels={channels} opened={changing} onClose={() => setChanging(false)} />
    </Section>
  );
};
