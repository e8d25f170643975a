// Whose people a campaign is for, where it is not for everybody's.
import { communitiesInWords } from "../../parts/limit-words.ts";
import { useRead } from "../../query.ts";

/** `, only in Riverside`; nothing for a campaign for everybody. */
export const OnlyIn = ({ communities }: { readonly communities: readonly string[] | null }) => {
  const known = useRead("communities.list", { limit: 1000 }, { enabled: communities !== null });
  if (communities === null || !known.data) return null;
  const names = known.data.data.filter(({ id }) => communities.includes(id)).map(({ name }) => name);
  return names.length > 0 ? <>, only in {communitiesInWords(names)}</> : null;
};
