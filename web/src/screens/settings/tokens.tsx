// Your access tokens: for programs that use the API in your name.

import { Button } from "@mantine/core";
import { createContext, use, useState } from "react";
import type { Row } from "../../api.ts";
import { apiAddress } from "../../api-address.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { type Columns, columnsOf, DataTable } from "../../parts/data-table.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Empty } from "../../parts/note.tsx";
import { Section } from "../../parts/page.tsx";
import { useRows, useWrite } from "../../query.ts";
import { shortMoment } from "../../words.ts";
import { abilityNames } from "./ability-words.ts";
import { NewToken } from "./new-token.tsx";
import { SettingsPage } from "./settings-tabs.tsx";

type Token = Row<"accounts.listTokens">;
const Revoke = createContext<(token: Token) => void>(() => undefined);

const RevokeButton = ({ token }: { readonly token: Token }) => {
  const revoke = use(Revoke);
  return (
    <Button variant="subtle" size="compact-sm" onClick={() => revoke(token)} aria-label={`Revoke ${token.name}`}>
      Revoke
    </Button>
  );
};

const column = columnsOf<Token>();
const columns = column.columns([
  column.accessor("name", { header: "Name", meta: { width: "minmax(0, 1.6fr)", narrow: "title" } }),
  column.accessor("abilities", {
    header: "May",
    cell: ({ row }) => row.original.abilities.map((ability) => abilityNames[ability]).join(", "),
    meta: { width: "minmax(0, 1.2fr)", narrow: "line" },
  }),
  column.accessor("lastUsedAt", {
    header: "Use",
    cell: ({ row: { original } }) => (original.lastUsedAt ? `used ${shortMoment(original.lastUsedAt)}` : "never used"),
    meta: { width: "140px", narrow: "line" },
  }),
  column.accessor("expiresAt", {
    header: "End",
    cell: ({ row: { original } }) => (original.expiresAt ? `until ${shortMoment(original.expiresAt)}` : "for ever"),
    meta: { width: "140px", align: "end", narrow: "line" },
  }),
  column.display({
    id: "act",
    header: () => null,
    cell: ({ row }) => <RevokeButton token={row.original} />,
    meta: { width: "80px", align: "end", narrow: "beside" },
  }),
]) as Columns<Token>;

/** The list of tokens. */
export const Tokens = () => {
  const list = useRows("accounts.listTokens", { limit: 100 });
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const revoke = useWrite("accounts.revokeToken", {
    touches: ["accounts.listTokens"],
    done: () => setRevoking(null),
  });
  const make = (
    <Button onClick={() => setMaking(true)} leftSection={<Icon name="plus" size={16} />}>
      New token
    </Button>
  );
  return (
    <SettingsPage
      title="Access tokens"
      lead={
        <>
          For programs that use the <a href={apiAddress("/api/docs")}>API</a> in your name. A token can never do more
          than you.
        </>
      }
      actions={make}
    >
      <Section flush>
        <Revoke value={setRevoking}>
          <DataTable
            label="Access tokens"
            columns={columns}
            list={list}
            rowKey={(row) => row.id}
            empty={
              <Empty icon="braces" title="You have no access token" actions={make}>
                Make one for each program, so that you can revoke them one by one.
              </Empty>
            }
          />
        </Revoke>
      </Section>
      <NewToken opened={making} onClose={() => setMaking(false)} />
      <Confirm
        opened={revoking !== null}
        title="Revoke this token?"
        act="Revoke"
        danger
        pending={revoke.isPending}
        problem={revoke.error}
        onConfirm={() => revoking && revoke.mutate({ id: revoking.id })}
        onClose={() => setRevoking(null)}
      >
        Programs that use <b className="lc-break">{revoking?.name}</b> are refused from this moment on.
      </Confirm>
    </SettingsPage>
  );
};
