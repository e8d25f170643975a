// One template, opened once: what another tab or person changes meanwhile does not fall into what is being written.
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { ApiResult } from "../../api.ts";
import { NotForYou, useMay } from "../../parts/may.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { PageSkeleton } from "../../parts/page.tsx";
import { useRead } from "../../query.ts";
import { TemplateEditor } from "./template-editor.tsx";
import { TemplateView } from "./template-view.tsx";

type Template = ApiResult<"templates.get">;
const route = getRouteApi("/app/templates/$id");

/** The editor for a new template or for the one in the path. */
export const TemplateScreen = () => {
  const { id } = route.useParams();
  const fresh = id === "new";
  const template = useRead("templates.get", { id }, { enabled: !fresh });
  const [opened, setOpened] = useState<{ template: Template; round: number }>();
  useEffect(() => {
    if (template.data)
      setOpened((old) => (old?.template.id === template.data.id ? old : { template: template.data, round: 0 }));
  }, [template.data]);
  const may = useMay();
  const reload = () =>
    void template.refetch().then(({ data }) => {
      if (data) setOpened((old) => ({ template: data, round: (old?.round ?? 0) + 1 }));
    });
  if (fresh && !may("templates.create")) return <NotForYou needs="templates.create" back="/templates" />;
  if (fresh) return <TemplateEditor key="new" template={undefined} onReload={reload} />;
  // A look that fails while one writes takes nothing away.
  if (template.isError && !opened)
    return <ProblemNote problem={template.error} retry={() => void template.refetch()} />;
  if (!opened || opened.template.id !== id) return <PageSkeleton />;
  if (!may("templates.update")) return <TemplateView key={id} template={opened.template} />;
  return <TemplateEditor key={`${id} ${opened.round}`} template={opened.template} onReload={reload} />;
};
