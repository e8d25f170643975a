// What somebody sees, by the names of the communities: for the list of the team and of those who are invited.
import { communitiesInWords } from "../../parts/limit-words.ts";
import { useRead } from "../../query.ts";

/** `everything`, or `only` and the names; these are read once for a whole list. */
export const Sees = ({ communities }: { readonly communities: readonly string[] | null }) => {
  const known = useRead("communities.list", { limit: 1000 });
  if (communities === null) return "everything";
  const names = communities.map((id) => known.data?.data.find((community) => community.id === id)?.name ?? "…");
  return <span className="lc-break">only {communitiesInWords(names)}</span>;
};
