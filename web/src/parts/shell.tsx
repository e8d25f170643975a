// The frame around every screen: navigation, search, theme and the signed-in person. On narrow screens a bar on top
// and a drawer-like navigation that closes after each step.
import { AppShell, Burger, Group, Kbd, Menu, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { Link, useNavigate, useRouteContext, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { signOut } from "../session.ts";
import { Icon } from "./icon.tsx";
import { communitiesInWords } from "./limit-words.ts";
import { ScreenOutlet } from "./may.tsx";
import { type Screen, screensFor } from "./screens.ts";
import css from "./shell.module.css";
import { ThemeSwitch } from "./theme-switch.tsx";

const Palette = lazy(() => import("./palette.tsx").then((module) => ({ default: module.Palette })));
const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

const Brand = () => (
  <Link to="/" className={css["brand"]}>
    <img src="/favicon.svg" width={28} height={28} alt="" />
    <span>Learning Center</span>
  </Link>
);

const Navigation = ({ screens, onStep }: { readonly screens: readonly Screen[]; readonly onStep: () => void }) => (
  <nav aria-label="Screens" className={css["nav"]}>
    {["", "People", "Outreach", "Workspace", "Sandbox"].map((group) => {
      const shown = screens.filter((screen) => screen.group === group);
      if (shown.length === 0) return null;
      return (
        <div key={group || "start"}>
          {group && <div className={css["navGroup"]}>{group}</div>}
          {shown.map((screen) => (
            <Link
              key={screen.to}
              to={screen.to}
              className={css["navLink"]}
              activeOptions={{ exact: screen.to === "/", includeSearch: false }}
              activeProps={{ "aria-current": "page" }}
              onClick={onStep}
            >
              <Icon name={screen.icon} />
              {screen.name}
            </Link>
          ))}
        </div>
      );
    })}
  </nav>
);

const UserMenu = () => {
  const { session } = useRouteContext({ from: "/app" });
  const navigate = useNavigate();
  const leave = async () => {
    await signOut().catch(() => undefined);
    await navigate({ to: "/sign-in" });
  };
  return (
    <Menu position="top-start" width="target">
      <Menu.Target>
        <UnstyledButton className={css["user"]}>
          <span className={css["initial"]} aria-hidden="true">
            {(session.user.name ?? session.user.email).slice(0, 1).toUpperCase()}
          </span>
          <span className={css["userText"]}>
            <span className="lc-clip">{session.user.name ?? session.user.email}</span>
            <small>{session.user.role}</small>
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label className="lc-break">{session.user.email}</Menu.Label>
        <Menu.Item
          leftSection={<Icon name="user" size={16} />}
          onClick={() => void navigate({ to: "/settings/account" })}
        >
          My account
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="back" size={16} />} onClick={() => void leave()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
};

/** Moves the focus to the heading's region after each change of screen, so that keyboard and screen reader follow. */
const useFocusOnStep = (): void => {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const [first] = useState(path);
  useEffect(() => {
    if (path !== undefined && path !== first) document.getElementById("main")?.focus({ preventScroll: true });
  }, [path, first]);
};

/** Frame of all screens behind the sign-in. */
export const Shell = () => {
  const { session } = useRouteContext({ from: "/app" });
  const [open, { toggle, close }] = useDisclosure(false);
  const [palette, setPalette] = useState<"unloaded" | "open" | "closed">("unloaded");
  const openPalette = () => setPalette("open");
  useHotkeys([["mod+K", openPalette]], []);
  useFocusOnStep();
  return (
    <>
      <a href="#main" className="lc-skip-link">
        Skip to the content
      </a>
      <AppShell
        header={{ height: { base: 56, md: 0 } }}
        navbar={{ width: 244, breakpoint: "md", collapsed: { mobile: !open } }}
        padding={0}
        transitionDuration={120}
      >
        <AppShell.Header hiddenFrom="md" className={css["bar"]}>
          <Group h="100%" px="md" justify="space-between" wrap="nowrap">
            <Group gap="sm" wrap="nowrap">
              <Burger
                opened={open}
                onClick={toggle}
                size="sm"
                aria-label={open ? "Close the navigation" : "Open the navigation"}
              />
              <Brand />
            </Group>
            <UnstyledButton className={css["search"]} maw={320} onClick={openPalette}>
              <Icon name="search" size={16} />
              <span className="lc-clip">Search</span>
            </UnstyledButton>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar className={css["navbar"]}>
          <AppShell.Section visibleFrom="md" className={css["brandRow"]}>
            <Brand />
          </AppShell.Section>
          <AppShell.Section visibleFrom="md" px="sm" pb="xs">
            <UnstyledButton className={css["search"]} onClick={openPalette}>
              <Icon name="search" size={16} />
              <Text span fz="sm" flex={1}>
                Find anything
              </Text>
              <Kbd size="xs">{isMac ? "⌘ K" : "Ctrl K"}</Kbd>
            </UnstyledButton>
          </AppShell.Section>
          <AppShell.Section grow className={css["scroll"]} px="sm">
            {session.communities && (
              <p className={css["limit"]} title={session.communities.map(({ name }) => name).join(", ")}>
                Only {communitiesInWords(session.communities.map(({ name }) => name))}
              </p>
            )}
            <Navigation screens={screensFor(session)} onStep={close} />
          </AppShell.Section>
          <AppShell.Section className={css["foot"]}>
            <UserMenu />
            <ThemeSwitch />
          </AppShell.Section>
        </AppShell.Navbar>
        <AppShell.Main className={css["main"]} id="main" tabIndex={-1}>
          <div className={css["page"]}>
            <ScreenOutlet />
          </div>
        </AppShell.Main>
      </AppShell>
      {palette !== "unloaded" && (
        <Suspense fallback={null}>
          <Palette opened={palette === "open"} screens={screensFor(session)} onClose={() => setPalette("closed")} />
        </Suspense>
      )}
    </>
  );
};
