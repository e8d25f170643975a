// Every list of the app: columns by TanStack Table, rows by TanStack Virtual (a million rows cost what is on screen),
// loaded through the cursor as one scrolls. On narrow screens a row becomes a small card, so nothing scrolls sideways.
// biome-ignore-all lint/a11y/useSemanticElements: rows are laid out by grid and placed by the virtualizer, which takes the table elements' meaning away; the roles give it back.
// biome-ignore-all lint/a11y/useFocusableInteractive: rows of a plain table take no focus; the link in each does.
import { Loader, Skeleton, VisuallyHidden } from "@mantine/core";
import { type ColumnDef, createColumnHelper, metaHelper, tableFeatures, useTable } from "@tanstack/react-table";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Rows } from "../query.ts";
import css from "./data-table.module.css";
import { ProblemNote } from "./note.tsx";

interface Shape {
  /** Width as a grid track: `2fr`, `120px`, `minmax(0, 1fr)`. */
  readonly width: string;
  readonly align?: "end";
  /** Where the cell goes in the card of a narrow screen: before its heading, its heading, beside it, a line below, or nowhere. */
  readonly narrow: "lead" | "title" | "beside" | "line" | "hidden";
}

export const features = tableFeatures({ columnMeta: metaHelper<Shape>() });
type Features = typeof features;

/** Columns of a table of `R`; define them outside of components. */
// biome-ignore lint/suspicious/noExplicitAny: TanStack's column list has a value type per column that no list can name.
export type Columns<R extends object> = ColumnDef<Features, R, any>[];
/** Helper that types the columns of a table of `R`. */
export const columnsOf = <R extends object>() => createColumnHelper<Features, R>();

export interface DataTableProps<R extends object> {
  /** What is listed, for screen readers. */
  readonly label: string;
  readonly columns: Columns<R>;
  readonly list: Rows<R>;
  readonly rowKey: (row: R) => string;
  /** Shown instead of the table when there is no row. */
  readonly empty: ReactNode;
  readonly rowHeight?: number;
}

const Waiting = ({ label }: { readonly label: string }) => (
  <div className={css["waiting"]} role="status" aria-label={`Loading ${label}`}>
    {["82%", "64%", "74%", "58%", "70%"].map((width) => (
      <Skeleton key={width} height={14} width={width} />
    ))}
  </div>
);

/** Rows of a list, as wide or as narrow as the screen. */
export const DataTable = <R extends object>({
  label,
  columns,
  list,
  rowKey,
  empty,
  rowHeight = 52,
}: DataTableProps<R>) => {
  const table = useTable({ features, columns, data: list.rows as R[], getRowId: rowKey });
  const rows = table.getRowModel().rows;
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    if (body.current) setTop(body.current.getBoundingClientRect().top + window.scrollY);
  }, [list.loading, list.problem]);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => rows[index]?.id ?? index,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  const { hasMore, loadingMore, loadMore, problem } = list;
  useEffect(() => {
    if (hasMore && !loadingMore && !problem && last >= rows.length - 15) loadMore();
  }, [hasMore, loadingMore, problem, last, rows.length, loadMore]);

  if (list.loading) return <Waiting label={label} />;
  if (list.problem && rows.length === 0) {
    return (
      <div className={css["padded"]}>
        <ProblemNote problem={list.problem} retry={list.retry} />
      </div>
    );
  }
  if (rows.length === 0) return <>{empty}</>;

  const template = table
    .getAllLeafColumns()
    .map((column) => column.columnDef.meta?.width ?? "minmax(0, 1fr)")
    .join(" ");
  return (
    <div
      role="table"
      aria-label={label}
      aria-rowcount={(list.total ?? (hasMore ? -1 : rows.length)) + (list.total === undefined && hasMore ? 0 : 1)}
      aria-busy={list.stale}
      className={css["table"]}
      style={{ "--columns": template } as React.CSSProperties}
      data-stale={list.stale || undefined}
    >
      <div role="rowgroup" className={css["head"]}>
        {table.getHeaderGroups().map((group) => (
          <div role="row" key={group.id} className={css["headRow"]} aria-rowindex={1}>
            {group.headers.map((header) => (
              <div
                role="columnheader"
                key={header.id}
                className={css["headCell"]}
                data-align={header.column.columnDef.meta?.align}
              >
                <table.FlexRender header={header} />
              </div>
            ))}
          </div>
        ))}
      </div>
      <div role="rowgroup" ref={body} className={css["body"]} style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          return (
            <div
              role="row"
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              data-last={(item.index === rows.length - 1 && !hasMore) || undefined}
              aria-rowindex={item.index + 2}
              className={css["row"]}
              style={{ transform: `translateY(${item.start - virtual.options.scrollMargin}px)` }}
            >
              {row.getAllCells().map((cell) => (
                <div
                  role="cell"
                  key={cell.id}
                  className={css["cell"]}
                  data-align={cell.column.columnDef.meta?.align}
                  data-narrow={cell.column.columnDef.meta?.narrow}
                >
                  <table.FlexRender cell={cell} />
                </div>
              ))}
            </div>
          );
        })}
      </div>
      {loadingMore && (
        <div className={css["more"]}>
          <Loader size="xs" />
          <VisuallyHidden>Loading more</VisuallyHidden>
        </div>
      )}
      {problem && (
        <div className={css["padded"]}>
          <ProblemNote problem={problem} retry={hasMore ? loadMore : list.retry} />
        </div>
      )}
    </div>
  );
};
