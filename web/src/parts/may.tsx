// "May I?" for screens: the answer as a hook, and what stands in place of a screen that is not for this person.
import { Group } from "@mantine/core";
import { Outlet, useMatches, useRouteContext } from "@tanstack/react-router";
import { type Act, type May, mayDo, refusalWords } from "../may.ts";
import { Icon } from "./icon.tsx";
import { ButtonLink } from "./link.tsx";
import { PageHead } from "./page.tsx";

/** What a route says about who it is for. */
export interface ForWhom {
  /** Whoever may not do this sees a sentence instead of the screen. */
  readonly needs?: Act;
  /** Where it leads back; the overview when absent. */
  readonly back?: "/" | "/contacts" | "/segments" | "/imports" | "/campaigns" | "/templates" | "/settings/account";
}

declare module "@tanstack/react-router" {
  interface StaticDataRouteOption extends ForWhom {}
}

/** Asks whether the signed-in person may do something. */
export const useMay = (): May => {
  const { session } = useRouteContext({ from: "/app" });
  return (act) => mayDo(session, act);
};

/** In place of a screen: says who it is for, and leads back. */
export const NotForYou = ({ needs, back = "/" }: ForWhom & { readonly needs: Act }) => {
  const { session } = useRouteContext({ from: "/app" });
  const { title, why } = refusalWords(session, needs);
  return (
    <>
      <PageHead title={title} lead={why} />
      <Group>
        <ButtonLink to={back} leftSection={<Icon name="back" size={16} />}>
          {back === "/" ? "To the overview" : "Back"}
        </ButtonLink>
      </Group>
    </>
  );
};

/** The screen of the address, for whom it is meant. */
export const ScreenOutlet = () => {
  const may = useMay();
  const { needs, back } = useMatches({ select: (matches) => matches.at(-1)?.staticData }) ?? {};
  return needs === undefined || may(needs) ? <Outlet /> : <NotForYou needs={needs} {...(back ? { back } : {})} />;
};
