// Invites that nobody has accepted yet: send again, or take back.
import { Button, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import type { Row } from "../../api.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { useRows, useWrite } from "../../query.ts";
import { moment } from "../../words.ts";
import { Sees } from "./sees.tsx";
import css from "./settings.module.css";

type Invite = Row<"users.listInvites">;

const until = (invite: Invite): string =>
  new Date(invite.expiresAt) < new Date() ? "expired: send it again" : `works until ${moment(invite.expiresAt)}`;

/** The list; nothing at all while there is no invite. */
export const Invites = () => {
  const list = useRows("users.listInvites", { limit: 100 });
  const [revoking, setRevoking] = useState<Invite | null>(null);
  const resend = useWrite("users.resendInvite", {
    touches: ["users"],
    done: (invite) => notifications.show({ message: `A new link is on its way to ${invite.email}.` }),
  });
  const revoke = useWrite("users.revokeInvite", { touches: ["users"], done: () => setRevoking(null) });
  if (list.rows.length === 0) return null;
  return (
    <Section title="Invited">
      {resend.error && <ProblemNote problem={resend.error} />}
      <ul className={css["plain"]}>
        {list.rows.map((invite) => (
          <li key={invite.id}>
            <span className={css["who"]}>
              <span className="lc-break">{invite.name ? `${invite.name} · ${invite.email}` : invite.email}</span>
              <small>
                {invite.role} · sees <Sees communities={invite.communities} /> · {until(invite)}
              </small>
            </span>
            <Group gap={4}>
              <Button
                variant="subtle"
                size="compact-sm"
                loading={resend.isPending && resend.variables.id === invite.id}
                aria-label={`Send the invite to ${invite.email} again`}
                onClick={() => resend.mutate({ id: invite.id })}
              >
                Send again
              </Button>
              <Button
                variant="subtle"
                size="compact-sm"
                aria-label={`Revoke the invite to ${invite.email}`}
                onClick={() => setRevoking(invite)}
              >
                Revoke
              </Button>
            </Group>
          </li>
        ))}
      </ul>
      <Confirm
        opened={revoking !== null}
        title="Revoke this invite?"
        act="Revoke"
        danger
        pending={revoke.isPending}
        problem={revoke.error}
        onConfirm={() => revoking && revoke.mutate({ id: revoking.id })}
        onClose={() => setRevoking(null)}
      >
        The link that was mailed to {revoking?.email} no longer works then.
      </Confirm>
    </Section>
  );
};
