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
        {schemes.map((scheme) => (
          <Menu.Item
            key={scheme.value}
            role="menuitemradio"
            aria-checked={scheme.value === colorScheme}
            leftSection={<Icon name={scheme.icon} size={16} />}
            rightSection={scheme.value === colorScheme && <Icon name="check" size={16} />}
            onClick={() => setColorScheme(scheme.value)}
          >
            {scheme.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
};
