// My account: who I am here, how I sign in, and where I am and lately was signed in.
import { useRouteContext } from "@tanstack/react-router";
import { communitiesInWords } from "../../parts/limit-words.ts";
import { Facts, Section } from "../../parts/page.tsx";
import { NameForm } from "./name-form.tsx";
import { PasswordForm } from "./password-form.tsx";
import { roleWords } from "./role-words.ts";
import { SecondFactor } from "./second-factor.tsx";
import { Sessions } from "./sessions.tsx";
import css from "./settings.module.css";
import { SettingsPage } from "./settings-tabs.tsx";
import { SignIns } from "./sign-ins.tsx";

/** What concerns the person alone. */
export const Account = () => {
  const { session } = useRouteContext({ from: "/app" });
  const { user, communities } = session;
  return (
    <SettingsPage title="My account">
      <div className={css["stack"]}>
        <Section title="You">
          <Facts
            facts={[
              { name: "Email", value: user.email },
              { name: "Role", value: `${user.role} – ${roleWords[user.role]}` },
              ...(communities
                ? [{ name: "Sees", value: `only ${communitiesInWords(communities.map(({ name }) => name))}` }]
                : []),
            ]}
          />
          <NameForm name={user.name ?? ""} />
        </Section>
        <Section title="Password">
          <PasswordForm />
        </Section>
        <SecondFactor />
        <Sessions />
        <SignIns />
      </div>
    </SettingsPage>
  );
};
