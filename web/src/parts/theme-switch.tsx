// Light, dark, or as the system says.
import { ActionIcon, Menu, useMantineColorScheme } from "@mantine/core";
import { Icon, type IconName } from "./icon.tsx";

const schemes: readonly { value: "light" | "dark" | "auto"; name: string; icon: IconName }[] = [
  { value: "light", name: "Light", icon: "sun" },
  { value: "dark", name: "Dark", icon: "moon" },
  { value: "auto", name: "Like the system", icon: "auto" },
];

/** Menu of the colour schemes; the choice stays in this browser. */
export const ThemeSwitch = () => {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const current = schemes.find((scheme) => scheme.value === colorScheme);
  return (
    <Menu position="top-end" width={180}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={`Colours: ${current?.name ?? "Like the system"}`}
        >
          <Icon name={current?.icon ?? "auto"} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={colorScheme} onChange={(value) => setColorScheme(value as typeof colorScheme)}>
          {schemes.map((scheme) => (
            <Menu.RadioItem key={scheme.value} value={scheme.value} closeMenuOnClick>
              {scheme.name}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
};
