// Who has an account: roles, who may sign in, and invites.
import { ActionIcon, Button, Menu } from "@mantine/core";
import { useRouteContext } from "@tanstack/react-router";
import { createContext, use, useState } from "react";
import { Confirm } from "../../parts/confirm.tsx";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Empty } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { besideProof, Proof } from "../../parts/proof.tsx";
import { Status } from "../../parts/status.tsx";
import { useRows, useWrite } from "../../query.ts";
import { shortMoment } from "../../words.ts";
import { InviteForm } from "./invite-form.tsx";
import { Invites } from "./invites.tsx";
import { type Member, MemberForm } from "./member-form.tsx";
import { Sees } from "./sees.tsx";
import css from "./settings.module.css";
import { SettingsPage } from "./settings-tabs.tsx";
import { SignInPolicy } from "./sign-in-policy.tsx";

type Act = "edit" | "disable" | "enable" | "second-factor" | "remove";
const Self = createContext("");
const Choose = createContext<(act: Act, member: Member) => void>(() => undefined);

const MemberMenu = ({ member }: { readonly member: Member }) => {
  const choose = use(Choose);
  const self = use(Self);
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`What to do with ${member.email}`}>
          <Icon name="dots" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => choose("edit", member)}>Change name, role or communities</Menu.Item>
        {member.disabledAt === null ? (
          <Menu.Item onClick={() => choose("disable", member)}>Disable</Menu.Item>
        ) : (
          <Menu.Item onClick={() => choose("enable", member)}>Enable</Menu.Item>
        )}
        {member.secondFactor && member.id !== self && (
          <Menu.Item onClick={() => choose("second-factor", member)}>Take off the second factor</Menu.Item>
        )}
        <Menu.Item onClick={() => choose("remove", member)}>Delete</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
};

const column = columnsOf<Member>();
const columns = column.columns([
  column.accessor("email", {
    header: "Person",
    cell: ({ row: { original } }) => (
      <span className={css["who"]}>
        <span className="lc-break">{original.name ?? original.email}</span>
        {original.name && <small>{original.email}</small>}
      </span>
    ),
    meta: { width: "minmax(0, 2fr)", narrow: "title" },
  }),
  column.accessor("role", { header: "Role", meta: { width: "110px", narrow: "line" } }),
  column.accessor("communities", {
    header: "Sees",
    cell: ({ row: { original } }) => <Sees communities={original.communities} />,
    meta: { width: "minmax(0, 1.2fr)", narrow: "line" },
  }),
  column.accessor("disabledAt", {
    header: "Access",
    cell: ({ row: { original } }) => (
      <Status
        word={
          original.disabledAt === null ? { label: "may sign in", tone: "good" } : { label: "disabled", tone: "neutral" }
        }
      />
    ),
    meta: { width: "120px", narrow: "line" },
  }),
  column.accessor("secondFactor", {
    header: "Second factor",
    cell: ({ row: { original } }) => (original.secondFactor ? "second factor" : "password only"),
    meta: { width: "130px", narrow: "line" },
  }),
  column.accessor("lastSignedInAt", {
    header: "Last sign-in",
    cell: ({ row: { original } }) => (original.lastSignedInAt ? shortMoment(original.lastSignedInAt) : "not yet"),
    meta: { width: "130px", align: "end", narrow: "hidden" },
  }),
  column.display({
    id: "act",
    header: () => null,
    cell: ({ row }) => <MemberMenu member={row.original} />,
    meta: { width: "40px", align: "end", narrow: "beside" },
  }),
]) as Columns<Member>;

const questions = {
  disable: {
    title: "Disable this account?",
    act: "Disable",
    text: "They are signed out at once and cannot sign in again until you enable them. Their access tokens are revoked for good.",
  },
  enable: { title: "Enable this account?", act: "Enable", text: "They can sign in again with their password." },
  "second-factor": {
    title: "Take off their second factor?",
    act: "Take it off",
    text: "For somebody who has lost the phone and the recovery codes. Be sure that it is them who asks. They are signed out, and their password alone lets them in.",
  },
  remove: {
    title: "Delete this account?",
    act: "Delete",
    text: "Its sessions and access tokens end at once. What they made stays, and so does the audit log. This cannot be undone.",
  },
} as const;

/** The list of people, with invites above it while there are any. */
export const Users = () => {
  const { session } = useRouteContext({ from: "/app" });
  const list = useRows("users.list", { limit: 100 });
  const [inviting, setInviting] = useState(false);
  const [chosen, setChosen] = useState<{ act: Act; member: Member } | null>(null);
  const close = () => setChosen(null);
  const update = useWrite("users.update", { touches: ["users"], done: close });
  const remove = useWrite("users.remove", { touches: ["users"], done: close });
  const takeOff = useWrite("users.removeSecondFactor", { touches: ["users"], done: close });
  const question = chosen && chosen.act !== "edit" ? questions[chosen.act] : null;
  const confirm = () => {
    if (!chosen) return;
    if (chosen.act === "second-factor") takeOff.mutate({ id: chosen.member.id });
    else if (chosen.act === "remove") remove.mutate({ id: chosen.member.id });
    else update.mutate({ id: chosen.member.id, disabled: chosen.act === "disable" });
  };
  return (
    <SettingsPage
      title="Team"
      lead="Who works here, and what each of them may do and see."
      actions={
        <Button onClick={() => setInviting(true)} leftSection={<Icon name="plus" size={16} />}>
          Invite a colleague
        </Button>
      }
    >
      <div className={css["stack"]}>
        <Invites />
        <Section flush>
          <Self value={session.user.id}>
            <Choose
              value={(act, member) => {
                update.reset();
                remove.reset();
                takeOff.reset();
                setChosen({ act, member });
              }}
            >
              <DataTable
                label="Team"
                columns={columns}
                list={list}
                rowKey={(row) => row.id}
                rowHeight={62}
                empty={<Empty icon="contacts" title="Nobody is here" />}
              />
            </Choose>
          </Self>
        </Section>
        <SignInPolicy />
      </div>
      <Proof write={takeOff} />
      <Proof write={update} />
      <InviteForm opened={inviting} onClose={() => setInviting(false)} />
      {chosen?.act === "edit" && <MemberForm key={chosen.member.id} member={chosen.member} onClose={close} />}
      <Confirm
        opened={question !== null}
        title={question?.title ?? ""}
        act={question?.act ?? ""}
        danger={chosen?.act !== "enable"}
        pending={update.isPending || remove.isPending || takeOff.isPending}
        problem={besideProof(update.error) ?? remove.error ?? besideProof(takeOff.error)}
        onConfirm={confirm}
        onClose={close}
      >
        <b className="lc-break">{chosen?.member.email}</b>
        <br />
        {question?.text}
      </Confirm>
    </SettingsPage>
  );
};
