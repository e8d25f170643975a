// What a job is about, as a link to its screen where it has one.
import { TextLink } from "../../parts/link.tsx";

const about: Readonly<Record<string, string>> = {
  campaign: "a campaign",
  contact: "a contact",
  import: "an import",
  message: "a message",
  webhook: "a webhook",
  bulk: "a bulk action on contacts",
  schedule: "the schedule",
};

/** `campaign:<id>` in words: what kind of thing, and its id where people may know it. */
export const entityWords = (entity: string): string => {
  const [kind = "", ...rest] = entity.split(":");
  const words = about[kind];
  if (!words) return entity;
  return kind === "schedule" ? `${words} ${rest.join(":")}` : words;
};

/** A link to the thing, or its words. */
export const EntityLink = ({ entity }: { readonly entity: string }) => {
  const [kind = "", ...rest] = entity.split(":");
  const id = rest.join(":");
  const words = entityWords(entity);
  if (kind === "campaign")
    return (
      <TextLink to="/campaigns/$id" params={{ id }} fz="sm">
        {words}
      </TextLink>
    );
  if (kind === "contact")
    return (
      <TextLink to="/contacts/$id" params={{ id }} fz="sm">
        {words}
      </TextLink>
    );
  if (kind === "import")
    return (
      <TextLink to="/imports/$id" params={{ id }} fz="sm">
        {words}
      </TextLink>
    );
  if (kind === "message")
    return (
      <TextLink to="/messages" search={{ message: id }} fz="sm">
        {words}
      </TextLink>
    );
  if (kind === "webhook")
    return (
      <TextLink to="/operations/webhooks" search={{ webhook: id }} fz="sm">
        {words}
      </TextLink>
    );
  if (kind === "bulk")
    return (
      <TextLink to="/contacts" search={{ acts: true }} fz="sm">
        {words}
      </TextLink>
    );
  if (kind === "schedule")
    return (
      <TextLink to="/operations/schedules" search={{ schedule: id }} fz="sm">
        {words}
      </TextLink>
    );
  return <span className="lc-break">{words}</span>;
};
