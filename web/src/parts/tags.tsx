// Tags as small labels; the rest as a number.
import css from "./tags.module.css";

export interface TagsProps {
  readonly tags: readonly string[];
  readonly most?: number;
}

/** At most `most` tags, then how many more. */
export const Tags = ({ tags, most = 50 }: TagsProps) =>
  tags.length === 0 ? null : (
    <span className={css["tags"]}>
      {tags.slice(0, most).map((tag) => (
        <span key={tag} className={css["tag"]}>
          {tag}
        </span>
      ))}
      {tags.length > most && <span className={css["rest"]}>and {tags.length - most} more</span>}
    </span>
  );
