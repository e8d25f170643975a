// Who gets the campaign, and what it is called. Both selects are controlled: their options come after the fields are
// filled, and a select of the browser forgets a value that it has no option for.
import { NativeSelect, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useRouteContext } from "@tanstack/react-router";
import { Controller, useFormContext } from "react-hook-form";
import { communitiesInWords } from "../../parts/limit-words.ts";
import { TextLink } from "../../parts/link.tsx";
import { useRead } from "../../query.ts";
import type { WizardFields } from "./wizard-fields.ts";

/** First step of the wizard. */
export const AudienceStep = () => {
  const {
    register,
    control,
    watch,
    formState: { errors },
  } = useFormContext<WizardFields>();
  const { session } = useRouteContext({ from: "/app" });
  const kind = watch("audience");
  const segments = useRead("segments.list", { limit: 1000 });
  const tags = useRead("tags.list", { limit: 1000 });
  return (
    <Stack gap="lg" maw={560}>
      <TextInput
        label="Name"
        description="Only you see it"
        placeholder="Spring workshops"
        error={errors.name?.message}
        {...register("name", {
          required: "Give it a name",
          maxLength: { value: 200, message: "At most 200 characters" },
        })}
      />
      <Controller
        control={control}
        name="audience"
        render={({ field }) => (
          <Radio.Group
            label="Who gets it"
            value={field.value}
            onChange={field.onChange}
            error={errors.audience?.message}
          >
            <Stack gap="xs" mt="xs">
              <Radio
                value="all"
                label={
                  session.communities
                    ? `Every contact of ${communitiesInWords(session.communities.map(({ name }) => name))}`
                    : "Every contact"
                }
                description="Those without consent or address are left out by themselves"
              />
              <Radio value="segment" label="A segment" />
              <Radio value="tag" label="Contacts with a tag" />
            </Stack>
          </Radio.Group>
        )}
      />
      {kind === "segment" && (
        <Stack gap={6}>
          <Controller
            control={control}
            name="segmentId"
            rules={{ validate: (value, fields) => fields.audience !== "segment" || value !== "" || "Choose a segment" }}
            render={({ field }) => (
              <NativeSelect label="Segment" error={errors.segmentId?.message} {...field}>
                <option value="">Choose…</option>
                {segments.data?.data.map((segment) => (
                  <option key={segment.id} value={segment.id}>
                    {segment.name}
                  </option>
                ))}
              </NativeSelect>
            )}
          />
          {segments.data?.data.length === 0 && (
            <Text fz="sm" c="dimmed">
              There is none yet.{" "}
              <TextLink to="/segments/$id" params={{ id: "new" }}>
                Build the first
              </TextLink>
            </Text>
          )}
        </Stack>
      )}
      {kind === "tag" && (
        <Controller
          control={control}
          name="tag"
          rules={{ validate: (value, fields) => fields.audience !== "tag" || value !== "" || "Choose a tag" }}
          render={({ field }) => (
            <NativeSelect label="Tag" error={errors.tag?.message} {...field}>
              <option value="">Choose…</option>
              {tags.data?.data.map((tag) => (
                <option key={tag.id}>{tag.name}</option>
              ))}
            </NativeSelect>
          )}
        />
      )}
    </Stack>
  );
};
