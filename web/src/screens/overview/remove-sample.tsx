// Asks before the sample workspace goes, and says exactly what goes and what stays.
import type { ApiResult } from "../../api.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { useWrite } from "../../query.ts";
import { counted } from "../../words.ts";
import css from "./overview.module.css";

export interface RemoveSampleProps {
  readonly sample: ApiResult<"sample.get">;
  readonly onClose: () => void;
  /** The removal has begun. */
  readonly onBegun: () => void;
}

/** The dialog. */
export const RemoveSample = ({ sample, onClose, onBegun }: RemoveSampleProps) => {
  const remove = useWrite("sample.remove", { touches: ["sample"], done: onBegun });
  return (
    <Confirm
      opened
      title="Remove the sample?"
      act="Remove it"
      danger
      pending={remove.isPending}
      problem={remove.error}
      onConfirm={() => remove.mutate({})}
      onClose={onClose}
    >
      These go, also where you changed them:
      <ul className={css["goes"]}>
        <li>
          {counted(sample.people, "person", "people")} of the sample, with their consent and suppressions (addresses
          that end in .example)
        </li>
        <li>the finished sample campaign with its ledger, and the sample draft</li>
        <li>
          the sample's {counted(sample.segments, "segment")}, 2 templates, {counted(sample.tags, "tag")} and{" "}
          {counted(sample.communities, "community", "communities")}
        </li>
      </ul>
      What you added stays: your people, campaigns and imports, and tags or communities of the sample that your people
      use. A sample draft that you launched stays too. Drafts of yours that use a sample segment or template need
      another one. This cannot be undone.
    </Confirm>
  );
};
