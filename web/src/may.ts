// May I? The one place that answers it in the web app, from what the contracts say (api-routes.ts). It decides what is
// shown; what is done is decided by the API, which asks the same contracts.
import type { Role } from "../../shared/contracts/accounts.ts";
import { apiRoutes, bulkActs } from "./api-routes.ts";

/** What somebody may or may not do: an action of the API, or one of the bulk acts that fewer may start. */
export type Act = keyof typeof apiRoutes | keyof typeof bulkActs;
export type May = (act: Act) => boolean;
/** As much of a session as the answer hangs on. */
export interface Person {
  readonly user: { readonly role: Role };
  /** The communities that the person is limited to; null: none. */
  readonly communities: readonly unknown[] | null;
}

interface Right {
  readonly method?: string;
  readonly roles?: readonly string[];
  readonly whole?: boolean;
}
const rights: Readonly<Record<Act, Right>> = { ...apiRoutes, ...bulkActs };

/** Whether the role of a person may do it, and, where it is about all communities, whether the person sees them all. */
export const mayDo = ({ user, communities }: Person, act: Act): boolean => {
  const { roles, whole } = rights[act];
  return (roles?.includes(user.role) ?? true) && (communities === null || !whole);
};

const rolesInWords: Readonly<Record<Role, string>> = {
  owner: "owners",
  manager: "managers",
  editor: "editors",
  agent: "agents",
  viewer: "viewers",
};

/** Why a person may not do it, in a heading and a sentence. */
export const refusalWords = (person: Person, act: Act): { readonly title: string; readonly why: string } => {
  const { role } = person.user;
  const may = (Object.keys(rolesInWords) as Role[]).filter((one) => rights[act].roles?.includes(one) ?? true);
  if (may.includes(role))
    return {
      title: "This is for people who see all communities",
      why: "You see only some of them. Ask somebody who sees all.",
    };
  const names = new Intl.ListFormat("en").format(may.map((one) => rolesInWords[one]));
  return { title: `This is for ${names}`, why: `Your role is ${role}. Ask one of them when you need it.` };
};
