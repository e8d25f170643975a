// The draft of a template while it is written: what is on screen, what is stored, and the acts between the two.
import { notifications } from "@mantine/notifications";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import type { TemplateFormat } from "../../../../shared/contracts/templates.ts";
import type { ApiResult } from "../../api.ts";
import { forget, queryClient, useWrite } from "../../query.ts";
import { type StartingPoint, startingPoints } from "./starting-points.ts";

export type Template = ApiResult<"templates.get">;
export interface Written {
  readonly name: string;
  readonly subject: string;
  readonly format: TemplateFormat;
  /** Both are kept while one writes, so that a look at the other format loses nothing. */
  readonly html: string;
  readonly mjml: string;
}

const touches = ["templates"];
const first = startingPoints[0] as StartingPoint;
const sampleMjml = startingPoints.find(({ format }) => format === "mjml")?.source ?? "";

const writtenOf = (template: Template | undefined): Written => ({
  name: template?.name ?? "",
  subject: template?.subject ?? "",
  format: template?.format ?? first.format,
  html: template ? (template.html ?? "") : first.source,
  mjml: template?.mjml ?? sampleMjml,
});

const sourceOf = (from: Written) => (from.format === "mjml" ? from.mjml : from.html);
const same = (a: Written, b: Written) =>
  a.name === b.name && a.subject === b.subject && a.format === b.format && sourceOf(a) === sourceOf(b);

/** State and acts of the editor. Acts answer the stored template, or undefined when they were refused. */
export const useDraft = (template: Template | undefined) => {
  const navigate = useNavigate();
  const [stored, setStored] = useState(template);
  const [written, setWritten] = useState(() => writtenOf(template));
  /** True while the app itself leaves, after a deletion or for the address of what was just made. */
  const leaving = useRef(false);
  const take = (result: Template) => {
    queryClient.setQueryData(["templates.get", { id: result.id }], result);
    setStored(result);
  };
  const create = useWrite("templates.create", {
    touches,
    done: (result) => {
      take(result);
      leaving.current = true;
      void navigate({ to: "/templates/$id", params: { id: result.id }, replace: true });
    },
  });
  const update = useWrite("templates.update", { touches, done: take });
  const publishing = useWrite("templates.publish", {
    touches,
    done: (result) => {
      take(result);
      notifications.show({ message: `Version ${result.publishedVersion} of “${result.name}” is published.` });
    },
  });
  const remove = useWrite("templates.remove", {
    touches,
    done: (_, { id }) => {
      leaving.current = true;
      void navigate({ to: "/templates" }).then(() => forget("templates.get", id));
    },
  });
  const duplicate = useWrite("templates.duplicate", {
    touches,
    done: (result) => {
      notifications.show({ message: `“${result.name}” was made.` });
      void navigate({ to: "/templates/$id", params: { id: result.id } });
    },
  });
  const dirty = stored
    ? !same(written, writtenOf(stored))
    : !same({ ...written, name: "" }, writtenOf(undefined)) || written.name !== "";
  const body = {
    name: written.name.trim(),
    subject: written.subject.trim() || null,
    format: written.format,
    ...(written.format === "mjml" ? { mjml: written.mjml } : { html: written.html }),
  };
  const save = async (): Promise<Template | undefined> => {
    publishing.reset();
    if (written.name.trim() === "") return undefined;
    if (stored && !dirty) return stored;
    return stored
      ? update.mutateAsync({ id: stored.id, version: stored.version, ...body }).catch(() => undefined)
      : create.mutateAsync({ channel: "email", ...body }).catch(() => undefined);
  };
  return {
    stored,
    written,
    dirty,
    leaving,
    remove,
    duplicate,
    saving: create.isPending || update.isPending,
    publishing: publishing.isPending,
    problem: update.error ?? create.error ?? publishing.error,
    change: (changed: Partial<Written>) => {
      setWritten((old) => ({ ...old, ...changed }));
      // What was refused is being mended; that somebody else changed it stays true.
      for (const write of [create, update, publishing]) if (write.error && write.error.status !== 412) write.reset();
    },
    /** What the server answered becomes what is on screen. */
    adopt: (result: Template) => {
      take(result);
      setWritten(writtenOf(result));
    },
    save,
    publish: async () => {
      const saved = await save();
      if (saved) publishing.mutate({ id: saved.id, version: saved.version });
    },
    archive: (archived: boolean) => {
      if (stored) update.mutate({ id: stored.id, version: stored.version, archived });
    },
  };
};
