// The fields of a contact, for adding and changing one. A 422 shows at its field.
import {
  Button,
  Checkbox,
  Fieldset,
  Group,
  NativeSelect,
  SimpleGrid,
  Stack,
  TagsInput,
  TextInput,
} from "@mantine/core";
import { useEffect, useState } from "react";
import { Controller, type UseFormReturn, useFieldArray } from "react-hook-form";
import type { Channel } from "../../../../shared/contracts/channel.ts";
import { showAtFields } from "../../form.ts";
import { Icon } from "../../parts/icon.tsx";
import { ProblemNote } from "../../parts/note.tsx";
import type { Problem } from "../../problem.ts";
import { useRead } from "../../query.ts";
import type { ContactFields } from "./contact-fields.ts";

const places = {
  firstName: "firstName",
  lastName: "lastName",
  orgName: "orgName",
  email: "email",
  phone: "phone",
  kind: "kind",
  communityId: "communityId",
  stage: "stage",
  timezone: "timezone",
  tags: "tags",
  "consent.basis": "basis",
  "consent.source": "source",
  "consent.channels": "consent",
} as const;
const channels: readonly { value: Channel; label: string }[] = [
  { value: "email", label: "Email" },
  { value: "sms", label: "SMS" },
  { value: "call", label: "Phone calls" },
];

export interface ContactFormProps {
  readonly form: UseFormReturn<ContactFields>;
  readonly problem: Problem | null;
  readonly pending: boolean;
  readonly withConsent: boolean;
  readonly act: string;
  readonly onSubmit: (fields: ContactFields) => void;
  readonly onCancel: () => void;
}

/** The form. */
export const ContactForm = ({ form, problem, pending, withConsent, act, onSubmit, onCancel }: ContactFormProps) => {
  const {
    register,
    control,
    formState: { errors },
  } = form;
  const attrs = useFieldArray({ control, name: "attrs" });
  const communities = useRead("communities.list", { limit: 1000 });
  const tags = useRead("tags.list", { limit: 1000 });
  const [atFields, setAtFields] = useState(false);
  useEffect(() => {
    const own = form.getValues("attrs").map(({ name }, index) => [`attrs.${name.trim()}`, `attrs.${index}.name`]);
    setAtFields(showAtFields(form, problem, { ...places, ...Object.fromEntries(own) }));
  }, [form, problem]);
  const consents = form.watch("consent");
  return (
    <form onSubmit={form.handleSubmit(onSubmit)} noValidate>
      <Stack gap="md">
        {problem && !atFields && <ProblemNote problem={problem} />}
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md" verticalSpacing="md">
          <TextInput label="First name" error={errors.firstName?.message} data-autofocus {...register("firstName")} />
          <TextInput label="Last name" error={errors.lastName?.message} {...register("lastName")} />
          <TextInput label="Email" type="email" error={errors.email?.message} {...register("email")} />
          <TextInput
            label="Phone"
            type="tel"
            placeholder="+1 555 010 0199"
            error={errors.phone?.message}
            {...register("phone")}
          />
          <TextInput label="Organisation" error={errors.orgName?.message} {...register("orgName")} />
          <NativeSelect label="Kind" error={errors.kind?.message} {...register("kind")}>
            <option value="person">Person</option>
            <option value="business">Business</option>
          </NativeSelect>
          <NativeSelect label="Stage" error={errors.stage?.message} {...register("stage")}>
            {["awareness", "engagement", "sales", "retention", "churn"].map((stage) => (
              <option key={stage}>{stage}</option>
            ))}
          </NativeSelect>
          <TextInput
            label="Time zone"
            placeholder="Europe/Berlin"
            error={errors.timezone?.message}
            {...register("timezone")}
          />
        </SimpleGrid>
        {(communities.data?.data.length ?? 0) > 1 && (
          <Controller
            control={control}
            name="communityId"
            render={({ field }) => (
              <NativeSelect label="Community" error={errors.communityId?.message} {...field}>
                <option value="">The default one</option>
                {communities.data?.data.map((community) => (
                  <option key={community.id} value={community.id}>
                    {community.name}
                  </option>
                ))}
              </NativeSelect>
            )}
          />
        )}
        <Controller
          control={control}
          name="tags"
          render={({ field }) => (
            <TagsInput
              label="Tags"
              description="Enter adds one"
              data={tags.data?.data.map((tag) => tag.name) ?? []}
              error={errors.tags?.message}
              value={field.value}
              onChange={field.onChange}
              acceptValueOnBlur
            />
          )}
        />
        <Fieldset legend="More fields" variant="unstyled">
          <Stack gap="xs" mt={6}>
            {attrs.fields.map((field, index) => (
              <Group key={field.id} gap="xs" wrap="nowrap" align="flex-start">
                <TextInput
                  aria-label={`Name of field ${index + 1}`}
                  placeholder="city"
                  flex={1}
                  error={errors.attrs?.[index]?.name?.message}
                  {...register(`attrs.${index}.name`)}
                />
                <TextInput
                  aria-label={`Value of field ${index + 1}`}
                  placeholder="Springfield"
                  flex={2}
                  {...register(`attrs.${index}.value`)}
                />
                <Button
                  variant="subtle"
                  color="gray"
                  px={8}
                  aria-label={`Remove field ${index + 1}`}
                  onClick={() => attrs.remove(index)}
                >
                  <Icon name="close" size={16} />
                </Button>
              </Group>
            ))}
            <Button
              variant="subtle"
              size="compact-sm"
              style={{ alignSelf: "flex-start" }}
              leftSection={<Icon name="plus" size={15} />}
              onClick={() => attrs.append({ name: "", value: "" })}
            >
              Add a field
            </Button>
          </Stack>
        </Fieldset>
        {withConsent && (
          <Fieldset legend="Consent" variant="unstyled">
            <Stack gap="xs" mt={6}>
              <Group gap="md">
                {channels.map((channel) => (
                  <Checkbox key={channel.value} value={channel.value} label={channel.label} {...register("consent")} />
                ))}
              </Group>
              {consents.length > 0 && (
                <SimpleGrid cols={{ base: 1, xs: 2 }}>
                  <TextInput
                    label="On which ground"
                    placeholder="Signed up at the front desk"
                    error={errors.basis?.message}
                    {...register("basis", { required: "Say why you may write to them" })}
                  />
                  <TextInput
                    label="Where that is written down"
                    placeholder="Paper list, March"
                    error={errors.source?.message}
                    {...register("source", { required: "Say where the proof is" })}
                  />
                </SimpleGrid>
              )}
            </Stack>
          </Fieldset>
        )}
        <Group justify="flex-end" gap="xs" mt="xs">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={pending}>
            {act}
          </Button>
        </Group>
      </Stack>
    </form>
  );
};
