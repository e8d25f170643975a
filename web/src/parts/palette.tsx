// The palette (⌘K or Ctrl+K): screens, acts, campaigns and contacts from anywhere by keyboard. Loaded at its first use.
import {
  createSpotlight,
  Spotlight,
  type SpotlightActionData,
  type SpotlightActionGroupData,
} from "@mantine/spotlight";
import "@mantine/spotlight/styles.css";
import "./palette.css";
import { useDebouncedValue } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useRead } from "../query.ts";
import { campaignWords, contactName } from "../words.ts";
import { Icon } from "./icon.tsx";
import { screens } from "./screens.ts";

export interface PaletteProps {
  readonly opened: boolean;
  readonly sandbox: boolean;
  readonly onClose: () => void;
}

const [store, spotlight] = createSpotlight();

/** Search over screens, acts and objects. */
export const Palette = ({ opened, sandbox, onClose }: PaletteProps) => {
  const navigate = useNavigate();
  const [query, setQuery] = useState("");
  const [settled] = useDebouncedValue(query.trim(), 180);
  const searching = opened && settled.length >= 2;
  const campaigns = useRead("campaigns.list", { q: settled, limit: 5 }, { enabled: searching, keep: true });
  const contacts = useRead("contacts.list", { q: settled, limit: 5 }, { enabled: searching, keep: true });
  useEffect(() => (opened ? spotlight.open() : spotlight.close()), [opened]);

  const matches = (text: string) => text.toLowerCase().includes(query.trim().toLowerCase());
  const acts: (SpotlightActionData & { to: () => void })[] = [
    { id: "new-campaign", label: "New campaign", to: () => void navigate({ to: "/campaigns/new" }) },
    { id: "new-contact", label: "Add a contact", to: () => void navigate({ to: "/contacts", search: { new: true } }) },
    { id: "new-import", label: "Import contacts from a file", to: () => void navigate({ to: "/imports/new" }) },
    {
      id: "new-segment",
      label: "New segment",
      to: () => void navigate({ to: "/segments/$id", params: { id: "new" } }),
    },
    {
      id: "new-template",
      label: "New template",
      to: () => void navigate({ to: "/templates/$id", params: { id: "new" } }),
    },
  ];
  const groups: SpotlightActionGroupData[] = [
    {
      group: "Screens",
      actions: screens
        .filter((screen) => (sandbox || !screen.sandboxOnly) && matches(`${screen.name} ${screen.about}`))
        .map((screen) => ({
          id: screen.to,
          label: screen.name,
          description: screen.about,
          leftSection: <Icon name={screen.icon} size={18} />,
          onClick: () => void navigate({ to: screen.to }),
        })),
    },
    {
      group: "Do",
      actions: acts
        .filter((act) => matches(act.label ?? ""))
        .map(({ to, ...act }) => ({ ...act, leftSection: <Icon name="plus" size={18} />, onClick: to })),
    },
    {
      group: "Campaigns",
      actions: (searching ? (campaigns.data?.data ?? []) : []).map((campaign) => ({
        id: `campaign-${campaign.id}`,
        label: campaign.name,
        description: campaignWords[campaign.status].label,
        leftSection: <Icon name="campaigns" size={18} />,
        onClick: () => void navigate({ to: "/campaigns/$id", params: { id: campaign.id } }),
      })),
    },
    {
      group: "Contacts",
      actions: (searching ? (contacts.data?.data ?? []) : []).map((contact) => ({
        id: `contact-${contact.id}`,
        label: contactName(contact),
        description: contact.email ?? contact.phone ?? "",
        leftSection: <Icon name="contacts" size={18} />,
        onClick: () => void navigate({ to: "/contacts", search: { contact: contact.id } }),
      })),
    },
  ].filter((group) => group.actions.length > 0);

  // Spotlight marks the first entry as one types; what the server finds comes later and would need an arrow key first.
  const first = groups[0]?.actions[0]?.id;
  useEffect(() => {
    if (!opened || first === undefined) return;
    const list = document.getElementById(store.getState().listId);
    if (!list || list.querySelector("[data-selected]")) return;
    list.querySelector("[data-action]")?.setAttribute("data-selected", "true");
    store.updateState((state) => ({ ...state, selected: 0 }));
  }, [opened, first]);

  return (
    <Spotlight
      store={store}
      actions={groups}
      filter={(_, actions) => actions}
      query={query}
      onQueryChange={setQuery}
      onSpotlightClose={onClose}
      shortcut={null}
      centered={false}
      yOffset="12vh"
      overlayProps={{ blur: 0, backgroundOpacity: 0.35 }}
      attributes={{ content: { "aria-label": "Search" } }}
      scrollable
      maxHeight={420}
      nothingFound={searching && (campaigns.isFetching || contacts.isFetching) ? "Searching…" : "Nothing found"}
      searchProps={{
        leftSection: <Icon name="search" />,
        placeholder: "Search screens, campaigns, contacts",
        "aria-label": "Search",
      }}
    />
  );
};
