// When the campaign starts and how fast it may go.
import { Checkbox, NumberInput, Radio, Stack, TextInput } from "@mantine/core";
import { Controller, useFormContext } from "react-hook-form";
import { toLocal, type WizardFields } from "./wizard-fields.ts";

/** Fourth step of the wizard. */
export const ScheduleStep = () => {
  const {
    register,
    control,
    watch,
    formState: { errors },
  } = useFormContext<WizardFields>();
  const when = watch("when");
  const limited = watch("limited");
  return (
    <Stack gap="lg" maw={520}>
      <Controller
        control={control}
        name="when"
        render={({ field }) => (
          <Radio.Group label="When it starts" value={field.value} onChange={field.onChange}>
            <Stack gap="xs" mt="xs">
              <Radio value="now" label="As soon as you launch it" />
              <Radio value="at" label="At a set time" />
            </Stack>
          </Radio.Group>
        )}
      />
      {when === "at" && (
        <Stack gap="sm">
          <TextInput
            type="datetime-local"
            label="Date and time"
            description={`In your time zone, ${Intl.DateTimeFormat().resolvedOptions().timeZone}`}
            min={toLocal(new Date().toISOString())}
            error={errors.at?.message}
            {...register("at", {
              validate: (value, fields) =>
                fields.when === "now" ||
                (value === ""
                  ? "Choose a date and a time"
                  : new Date(value).getTime() > Date.now() || "This time has passed"),
            })}
          />
          <Checkbox label="At this time of day where each person is" {...register("perRecipientTimezone")} />
        </Stack>
      )}
      <Checkbox
        label="Send more slowly than possible"
        description="Keeps your own people able to answer what comes back"
        {...register("limited")}
      />
      {limited && (
        <Controller
          control={control}
          name="perSecond"
          rules={{
            validate: (value, fields) =>
              !fields.limited || (Number(value) > 0 && Number(value) <= 10_000) || "More than 0, at most 10,000",
          }}
          render={({ field }) => (
            <NumberInput
              label="At most this many a second"
              min={0.1}
              max={10_000}
              value={field.value}
              error={errors.perSecond?.message}
              onBlur={field.onBlur}
              onChange={(value) => field.onChange(String(value))}
              maw={220}
            />
          )}
        />
      )}
    </Stack>
  );
};
