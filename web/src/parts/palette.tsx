// The palette (⌘K or Ctrl+K): people, campaigns, messages, templates, segments, screens and acts from anywhere by
// keyboard. Loaded at its first use.
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
import { useEffect, useRef, useState } from "react";
import type { Act } from "../may.ts";
import { useRead } from "../query.ts";
import { addressOf, campaignWords, contactName, shortMoment, stateWords } from "../words.ts";
import { Icon } from "./icon.tsx";
import { useMay } from "./may.tsx";
import type { Screen } from "./screens.ts";

export interface PaletteProps {
  readonly opened: boolean;
  readonly screens: readonly Screen[];
  readonly onClose: () => void;
}

const [store, spotlight] = createSpotlight();
/** How many of each kind. */
const shown = 5;

/** Search over screens, acts and objects. */
export const Palette = ({ opened, screens, onClose }: PaletteProps) => {
  const navigate = useNavigate();
  const may = useMay();
  const [query, setQuery] = useState("");
  const chosen = useRef(false);
  const [settled] = useDebouncedValue(query.trim(), 180);
  const searching = opened && settled.length >= 2;
  const campaigns = useRead("campaigns.list", { q: settled, limit: shown }, { enabled: searching });
  const contacts = useRead("contacts.list", { q: settled, limit: shown }, { enabled: searching });
  const messages = useRead("messages.list", { q: settled, limit: shown }, { enabled: searching });
  const templates = useRead("templates.list", { q: settled, limit: shown }, { enabled: searching });
  const segments = useRead("segments.list", { limit: 1000 }, { enabled: opened });
  useEffect(() => (opened ? spotlight.open() : spotlight.close()), [opened]);

  const matches = (text: string) => text.toLowerCase().includes(query.trim().toLowerCase());
  const acts: (SpotlightActionData & { needs: Act; to: () => void })[] = [
    {
      id: "new-campaign",
      label: "New campaign",
      needs: "campaigns.create",
      to: () => void navigate({ to: "/campaigns/new" }),
    },
    {
      id: "new-contact",
      label: "Add a contact",
      needs: "contacts.create",
      to: () => void navigate({ to: "/contacts", search: { new: true } }),
    },
    {
      id: "new-import",
      label: "Import contacts from a file",
      needs: "imports.submit",
      to: () => void navigate({ to: "/imports/new" }),
    },
    {
      id: "new-segment",
      label: "New segment",
      needs: "segments.create",
      to: () => void navigate({ to: "/segments/$id", params: { id: "new" } }),
    },
    {
      id: "new-template",
      label: "New template",
      needs: "templates.create",
      to: () => void navigate({ to: "/templates/$id", params: { id: "new" } }),
    },
  ];
  /** What the server found for the words that are typed now; nothing while they are too few. */
  const found = <T,>(answer: { data?: { data: T[] } | undefined }): readonly T[] =>
    searching ? (answer.data?.data ?? []) : [];
  const groups: SpotlightActionGroupData[] = [
    {
      group: "Screens",
      actions: screens
        .filter((screen) => matches(`${screen.name} ${screen.about}`))
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
        .filter((act) => may(act.needs) && matches(act.label ?? ""))
        .map(({ to, needs: _, ...act }) => ({ ...act, leftSection: <Icon name="plus" size={18} />, onClick: to })),
    },
    {
      group: "People",
      actions: found(contacts).map((contact) => ({
        id: `contact-${contact.id}`,
        label: contactName(contact),
        description: [contact.email, contact.phone].filter((one) => one && one !== contactName(contact)).join(" · "),
        leftSection: <Icon name="contacts" size={18} />,
        onClick: () => void navigate({ to: "/contacts/$id", params: { id: contact.id } }),
      })),
    },
    {
      group: "Campaigns",
      actions: found(campaigns).map((campaign) => ({
        id: `campaign-${campaign.id}`,
        label: campaign.name,
        description: campaignWords[campaign.status].label,
        leftSection: <Icon name="campaigns" size={18} />,
        onClick: () => void navigate({ to: "/campaigns/$id", params: { id: campaign.id } }),
      })),
    },
    {
      group: "Messages",
      actions: [
        ...found(messages).map((message) => ({
          id: `message-${message.id}`,
          label: message.subject ?? addressOf(message),
          description: `${stateWords[message.state].label}, ${addressOf(message)}, ${shortMoment(message.createdAt)}`,
          leftSection: <Icon name="messages" size={18} />,
          onClick: () => void navigate({ to: "/messages", search: { q: settled, message: message.id } }),
        })),
        ...(found(messages).length === shown
          ? [
              {
                id: "all-messages",
                label: "All messages that match",
                leftSection: <Icon name="search" size={18} />,
                onClick: () => void navigate({ to: "/messages", search: { q: settled } }),
              },
            ]
          : []),
      ],
    },
    {
      group: "Templates",
      actions: found(templates).map((template) => ({
        id: `template-${template.id}`,
        label: template.name,
        leftSection: <Icon name="templates" size={18} />,
        onClick: () => void navigate({ to: "/templates/$id", params: { id: template.id } }),
      })),
    },
    {
      group: "Segments",
      actions: found(segments)
        .filter((segment) => matches(segment.name))
        .slice(0, shown)
        .map((segment) => ({
          id: `segment-${segment.id}`,
          label: segment.name,
          leftSection: <Icon name="segments" size={18} />,
          onClick: () => void navigate({ to: "/segments/$id", params: { id: segment.id } }),
        })),
    },
  ].filter((group) => group.actions.length > 0);

  // Spotlight marks the first entry as one types. What the server finds comes later, each kind at its own time: until
  // an arrow key chose another, the mark goes to whatever is first then.
  const first = groups[0]?.actions[0]?.id;
  useEffect(() => {
    if (!opened || first === undefined || chosen.current) return;
    const list = document.getElementById(store.getState().listId);
    if (!list) return;
    for (const marked of list.querySelectorAll("[data-selected]")) marked.removeAttribute("data-selected");
    list.querySelector("[data-action]")?.setAttribute("data-selected", "true");
    store.updateState((state) => ({ ...state, selected: 0 }));
  }, [opened, first]);

  return (
    <Spotlight
      store={store}
      actions={groups}
      filter={(_, actions) => actions}
      query={query}
      onQueryChange={(typed) => {
        chosen.current = false;
        setQuery(typed);
      }}
      onSpotlightClose={onClose}
      shortcut={null}
      centered={false}
      yOffset="12vh"
      overlayProps={{ blur: 0, backgroundOpacity: 0.35 }}
      attributes={{ content: { "aria-label": "Search" } }}
      scrollable
      maxHeight={420}
      nothingFound={
        searching && [campaigns, contacts, messages].some(({ isFetching }) => isFetching)
          ? "Searching…"
          : "Nothing found"
      }
      searchProps={{
        leftSection: <Icon name="search" />,
        placeholder: "Search people, campaigns, messages, screens",
        "aria-label": "Search",
        onKeyDownCapture: ({ key }) => {
          if (key === "ArrowDown" || key === "ArrowUp") chosen.current = true;
        },
      }}
    />
  );
};
