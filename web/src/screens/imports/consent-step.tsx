// What happens to contacts that are there already, and which consent comes with the file.
import { Checkbox, Group, NativeSelect, Radio, SimpleGrid, Stack, TextInput } from "@mantine/core";
import type { Channel } from "../../../../shared/contracts/channel.ts";
import type { FieldError } from "../../../../shared/contracts/errors.ts";
import { Note } from "../../parts/note.tsx";
import { useRead } from "../../query.ts";

export interface ImportChoices {
  readonly dedupe: "update" | "skip";
  /** Null until somebody has said so or so. */
  readonly hasConsent: boolean | null;
  readonly channels: Channel[];
  readonly basis: string;
  readonly source: string;
  readonly country: string;
  readonly communityId: string;
}
export const startChoices: ImportChoices = {
  dedupe: "update",
  hasConsent: null,
  channels: ["email"],
  basis: "",
  source: "",
  country: "",
  communityId: "",
};

export interface ConsentStepProps {
  readonly choices: ImportChoices;
  readonly errors: readonly FieldError[];
  readonly onChange: (choices: ImportChoices) => void;
}

/** The last step before the upload. */
export const ConsentStep = ({ choices, errors, onChange }: ConsentStepProps) => {
  const communities = useRead("communities.list", { limit: 1000 });
  const set = (changed: Partial<ImportChoices>) => onChange({ ...choices, ...changed });
  const at = (path: string) => errors.find((error) => error.path.endsWith(path))?.message;
  return (
    <Stack gap="lg">
      <Radio.Group
        label="Contacts that are there already"
        description="Recognised by email, phone or external id"
        value={choices.dedupe}
        onChange={(value) => set({ dedupe: value === "skip" ? "skip" : "update" })}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="update" label="Bring them up to date with the file" />
          <Radio value="skip" label="Leave them as they are" />
        </Stack>
      </Radio.Group>
      <Stack gap="sm">
        <Radio.Group
          label="May we write to them?"
          description="Only people who agreed get campaigns. A no that somebody said before stays a no."
          value={choices.hasConsent === null ? null : choices.hasConsent ? "yes" : "no"}
          onChange={(value) => set({ hasConsent: value === "yes" })}
        >
          <Stack gap="xs" mt="xs">
            <Radio value="yes" label="These people agreed to hear from us, and we can show it" />
            <Radio value="no" label="No, or I do not know" />
          </Stack>
        </Radio.Group>
        {choices.hasConsent ? (
          <Stack gap="md" pl={{ base: 0, xs: 32 }}>
            <Checkbox.Group
              label="They agreed to"
              value={[...choices.channels]}
              onChange={(value) => set({ channels: value as Channel[] })}
              error={choices.channels.length === 0 ? "Choose at least one" : at("channels")}
            >
              <Group gap="md" mt={6}>
                <Checkbox value="email" label="Email" />
                <Checkbox value="sms" label="SMS" />
                <Checkbox value="call" label="Phone calls" />
              </Group>
            </Checkbox.Group>
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <TextInput
                required
                label="On which ground"
                placeholder="Signed up for the newsletter"
                value={choices.basis}
                error={at("basis")}
                onChange={(event) => set({ basis: event.currentTarget.value })}
              />
              <TextInput
                required
                label="Where that is written down"
                placeholder="Website form, export of May"
                value={choices.source}
                error={at("source")}
                onChange={(event) => set({ source: event.currentTarget.value })}
              />
            </SimpleGrid>
          </Stack>
        ) : (
          choices.hasConsent === false && (
            <Note tone="warn" role="status" title="None of them will get a campaign">
              They come in as contacts, and every campaign leaves them out until consent is written down. That can be
              done later for the whole file, on the import's page or when a campaign is checked.
            </Note>
          )
        )}
      </Stack>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label="Country of phone numbers without +"
          description="Two letters; US when empty"
          placeholder="US"
          maxLength={2}
          value={choices.country}
          error={at("country")}
          onChange={(event) => set({ country: event.currentTarget.value })}
        />
        {(communities.data?.data.length ?? 0) > 1 && (
          <NativeSelect
            label="Community"
            description="Of contacts that name none"
            value={choices.communityId}
            onChange={(event) => set({ communityId: event.currentTarget.value })}
          >
            <option value="">The default one</option>
            {communities.data?.data.map((community) => (
              <option key={community.id} value={community.id}>
                {community.name}
              </option>
            ))}
          </NativeSelect>
        )}
      </SimpleGrid>
    </Stack>
  );
};
