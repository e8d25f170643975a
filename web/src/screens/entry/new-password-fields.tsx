// The two fields of a new password, the same wherever one is chosen.
import { PasswordInput } from "@mantine/core";
import type { FieldErrors, UseFormRegister } from "react-hook-form";

export interface NewPasswordFields {
  password: string;
  again: string;
}

export interface NewPasswordProps {
  readonly register: UseFormRegister<NewPasswordFields>;
  readonly errors: FieldErrors<NewPasswordFields>;
}

/** A new password, twice. The server says what is wrong with it besides its length. */
export const NewPassword = ({ register, errors }: NewPasswordProps) => (
  <>
    <PasswordInput
      label="New password"
      description="At least 10 characters. Several words that do not belong together are good."
      autoComplete="new-password"
      error={errors.password?.message}
      {...register("password", {
        required: "Choose a password",
        minLength: { value: 10, message: "Needs at least 10 characters" },
        maxLength: { value: 128, message: "Takes at most 128 characters" },
      })}
    />
    <PasswordInput
      label="The same again"
      autoComplete="new-password"
      error={errors.again?.message}
      {...register("again", {
        validate: (value, fields) => value === fields.password || "Is not the same",
      })}
    />
  </>
);
