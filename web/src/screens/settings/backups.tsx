// Backups: what is kept and where, taking one now, what is wrong with them, and what a restore needs.
import { Button, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import type { ApiResult } from "../../api.ts";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { Icon } from "../../parts/icon.tsx";
import { TextLink } from "../../parts/link.tsx";
import { Empty, Note, ProblemNote } from "../../parts/note.tsx";
import { Facts, Section } from "../../parts/page.tsx";
import { Status } from "../../parts/status.tsx";
import { type Rows, useRead, useWrite } from "../../query.ts";
import { count, counted, moment, shortMoment, size, type Word } from "../../words.ts";
import css from "./settings.module.css";
import { SettingsPage } from "./settings-tabs.tsx";

type Answer = ApiResult<"backups.list">;
type Backup = Answer["data"][number];

const states: Readonly<Record<Backup["state"], Word>> = {
  running: { label: "being taken", tone: "accent" },
  completed: { label: "whole", tone: "good" },
  failed: { label: "failed", tone: "bad" },
  gone: { label: "no longer there", tone: "neutral" },
};

const column = columnsOf<Backup>();
const columns = column.columns([
  column.accessor("takenAt", {
    header: "Taken",
    cell: ({ row: { original } }) => (
      <span className={css["who"]}>
        <span>{moment(original.takenAt ?? original.startedAt)}</span>
        <small className={original.error ? undefined : "lc-mono"}>{original.error ?? original.name}</small>
      </span>
    ),
    meta: { width: "minmax(0, 2.4fr)", narrow: "title" },
  }),
  column.accessor("rows", {
    header: "Holds",
    cell: ({ row: { original } }) =>
      original.rows !== null &&
      original.bytes !== null && (
        <span className={css["who"]}>
          <span>{counted(original.rows, "row")}</span>
          <small>{size(original.bytes)}</small>
        </span>
      ),
    meta: { width: "minmax(0, 1fr)", narrow: "line" },
  }),
  column.accessor("state", {
    header: "State",
    cell: ({ row: { original } }) => <Status word={states[original.state]} live={original.state === "running"} />,
    meta: { width: "130px", narrow: "beside" },
  }),
  column.accessor("jobId", {
    header: "Job",
    cell: ({ row: { original } }) =>
      original.jobId && (
        <TextLink to="/operations/jobs/$id" params={{ id: original.jobId }} fz="sm">
          its job
        </TextLink>
      ),
    meta: { width: "80px", align: "end", narrow: "hidden" },
  }),
]) as Columns<Backup>;

const Notices = ({ answer }: { readonly answer: Answer }) => (
  <>
    {answer.problem && (
      <Note tone="bad" title="Nothing is backed up">
        {answer.problem}
      </Note>
    )}
    {answer.late && !answer.problem && (
      <Note
        tone="warn"
        title={
          answer.newestAt ? `The newest backup is from ${shortMoment(answer.newestAt)}` : "There is no backup so far"
        }
      >
        There should be one every night. Take one now, and see below and under Operations why the others failed.
      </Note>
    )}
    {answer.restored && (
      <Note tone="info" title={`This system was restored on ${moment(answer.restored.restoredAt)}`}>
        It knows what happened until {moment(answer.restored.takenAt)}. Who unsubscribed, bounced or was written to
        between then and the restore is not known here.{" "}
        {answer.restored.heldCampaigns > 0 &&
          `${counted(answer.restored.heldCampaigns, "campaign")}${answer.restored.heldMessages > 0 ? ` with ${counted(answer.restored.heldMessages, "waiting message")}` : ""} ${answer.restored.heldCampaigns === 1 ? "was" : "were"} held, because some messages may have been sent meanwhile. `}
        {answer.restored.unknownMessages > 0 &&
          `${counted(answer.restored.unknownMessages, "message")} may have been sent: decide over them under Messages.`}
      </Note>
    )}
  </>
);

const keptWords = ({ daily, weekly, monthly }: Answer["keep"]): string =>
  [
    ...(daily > 0 ? [`of ${counted(daily, "day")}`] : []),
    ...(weekly > 0 ? [`of ${counted(weekly, "week")}`] : []),
    ...(monthly > 0 ? [`of ${counted(monthly, "month")}`] : []),
  ].join(", ");

const Restore = ({ answer }: { readonly answer: Answer }) => (
  <Section title="Where they are, and how to get one back">
    <Facts
      facts={[
        { name: "Kept in", value: answer.place?.name ?? "nowhere yet" },
        { name: "How many", value: `All of the last 24 hours, and the newest one each ${keptWords(answer.keep)}` },
        {
          name: "When",
          value: (
            <>
              By the{" "}
              <TextLink to="/operations/schedules" search={{ schedule: "backup.run" }} fz="inherit" underline="always">
                schedule backup.run
              </TextLink>
              , every night at 03:00 UTC unless somebody changed it
            </>
          ),
        },
        {
          name: "To restore one",
          value: (
            <>
              Stop the platform, then <code className="lc-mono">npm run restore -- --list</code> and{" "}
              <code className="lc-mono">npm run restore -- --from &lt;name&gt;</code>, into an empty database. Campaigns
              that were on their way wait for you afterwards.
            </>
          ),
        },
        {
          name: "You need",
          value:
            "The keys in LC_SECRET_KEYS: backups are encrypted with them, and without them nobody can read one (where that is not set, they are in the file secret-keys of the data folder). Keep a copy where the backups are not.",
        },
      ]}
    />
    {answer.place?.kind === "disk" && (
      <Text fz="sm" c="dimmed" mt="sm">
        A folder on the same disk goes with the disk. Set LC_S3_URL to keep them elsewhere.
      </Text>
    )}
  </Section>
);

/** The screen. */
export const Backups = () => {
  const backups = useRead("backups.list", {}, { every: 5_000 });
  const create = useWrite("backups.create", {
    touches: ["backups"],
    done: () => notifications.show({ message: "A backup is being taken." }),
  });
  const answer = backups.data;
  const rows = answer?.data ?? [];
  const list: Rows<Backup> = {
    rows,
    total: rows.length,
    loading: backups.isPending,
    problem: backups.isError ? backups.error : null,
    hasMore: false,
    loadingMore: false,
    stale: false,
    loadMore: () => undefined,
    retry: () => void backups.refetch(),
  };
  const whole = rows.filter(({ state }) => state === "completed").length;
  const take = (
    <Button
      leftSection={<Icon name="download" size={16} />}
      loading={create.isPending}
      disabled={answer?.problem !== null}
      onClick={() => create.mutate({})}
    >
      Take one now
    </Button>
  );
  return (
    <SettingsPage
      title="Backups"
      lead={
        answer?.newestAt
          ? `${count(whole)} kept, encrypted, the newest from ${shortMoment(answer.newestAt)}.`
          : "Everything of this platform, encrypted, once a night."
      }
      actions={take}
    >
      <div className={css["stack"]}>
        {create.error && <ProblemNote problem={create.error} />}
        {answer && <Notices answer={answer} />}
        <Section flush>
          <DataTable
            label="Backups"
            columns={columns}
            list={list}
            rowKey={(row) => row.id}
            rowHeight={62}
            empty={
              <Empty icon="clock" title="There is no backup yet">
                The first one is taken tonight, or now, with the button above.
              </Empty>
            }
          />
        </Section>
        {answer && <Restore answer={answer} />}
      </div>
    </SettingsPage>
  );
};
