// Saved views: filters under a name, one click away; your own can be changed, shared and deleted.
import { Button, Checkbox, Group, Modal, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import type { ContactFilter } from "../../../../shared/contracts/contact-filter.ts";
import type { Row } from "../../api.ts";
import { Icon } from "../../parts/icon.tsx";
import { useMay } from "../../parts/may.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import { useRead, useWrite } from "../../query.ts";
import css from "./contacts.module.css";

type View = Row<"contactViews.list">;
const shape = (filters: object): string =>
  JSON.stringify(
    Object.entries(filters)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

interface DialogProps {
  /** The view to change; undefined saves a new one. */
  readonly view: View | undefined;
  readonly filters: ContactFilter;
  readonly onClose: () => void;
}

const ViewDialog = ({ view, filters, onClose }: DialogProps) => {
  const [name, setName] = useState(view?.name ?? "");
  const [shared, setShared] = useState(view?.shared ?? false);
  const done = (message: string) => () => {
    notifications.show({ message });
    onClose();
  };
  const create = useWrite("contactViews.create", {
    touches: ["contactViews"],
    done: done(`The view “${name}” was saved.`),
  });
  const update = useWrite("contactViews.update", {
    touches: ["contactViews"],
    done: done(`The view “${name}” was saved.`),
  });
  const remove = useWrite("contactViews.remove", {
    touches: ["contactViews"],
    done: done(`The view “${name}” was deleted. Its contacts stay.`),
  });
  const problem = create.error ?? update.error ?? remove.error;
  const nameError = problem?.errors.find((error) => error.path === "name")?.message;
  const save = () => {
    if (view) update.mutate({ id: view.id, name: name.trim(), shared });
    else create.mutate({ name: name.trim(), shared, filters });
  };
  return (
    <Stack gap="md">
      <TextInput
        label="Name"
        placeholder="Customers in Springfield"
        value={name}
        error={nameError}
        data-autofocus
        onChange={(event) => setName(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && name.trim() !== "") save();
        }}
      />
      <Checkbox
        label="Everybody sees it"
        checked={shared}
        onChange={(event) => setShared(event.currentTarget.checked)}
      />
      {problem && !nameError && <ProblemNote problem={problem} />}
      <Group justify="space-between" gap="xs">
        {view ? (
          <Button variant="default" loading={remove.isPending} onClick={() => remove.mutate({ id: view.id })}>
            Delete the view
          </Button>
        ) : (
          <span />
        )}
        <Button onClick={save} disabled={name.trim() === ""} loading={create.isPending || update.isPending}>
          Save the view
        </Button>
      </Group>
    </Stack>
  );
};

export interface ViewsProps {
  readonly filters: ContactFilter;
  readonly onShow: (filters: ContactFilter) => void;
}

/** The row of views over the list. */
export const Views = ({ filters, onShow }: ViewsProps) => {
  const may = useMay();
  const views = useRead("contactViews.list", { limit: 200 });
  const [dialog, setDialog] = useState<"new" | View>();
  const saved = views.data?.data ?? [];
  const now = shape(filters);
  const current = saved.find((view) => shape(view.filters) === now);
  const filtered = Object.keys(filters).length > 0;
  if (saved.length === 0 && !filtered) return null;
  return (
    <nav className={css["views"]} aria-label="Saved views">
      <button type="button" className={css["view"]} aria-pressed={!filtered} onClick={() => onShow({})}>
        Everybody
      </button>
      {saved.map((view) => (
        <button
          key={view.id}
          type="button"
          className={css["view"]}
          aria-pressed={view.id === current?.id}
          title={view.own ? undefined : "Shared with you"}
          onClick={() => onShow(view.filters)}
        >
          {view.name}
        </button>
      ))}
      {filtered && !current && may("contactViews.create") && (
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<Icon name="plus" size={14} />}
          onClick={() => setDialog("new")}
        >
          Save as a view
        </Button>
      )}
      {current?.own && may("contactViews.update") && (
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<Icon name="edit" size={14} />}
          onClick={() => setDialog(current)}
        >
          Change the view
        </Button>
      )}
      <Modal
        opened={dialog !== undefined}
        onClose={() => setDialog(undefined)}
        title={dialog === "new" ? "Save these filters as a view" : "Change the view"}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        {dialog !== undefined && (
          <ViewDialog
            view={dialog === "new" ? undefined : dialog}
            filters={filters}
            onClose={() => setDialog(undefined)}
          />
        )}
      </Modal>
    </nav>
  );
};
