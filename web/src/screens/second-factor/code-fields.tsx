// The field of a second factor: the six digits of the app, or a recovery code for whoever has lost it.
import { Anchor, TextInput } from "@mantine/core";
import css from "./second-factor.module.css";

/** What was typed, and which of both it is. */
export interface TypedCode {
  readonly text: string;
  readonly recovery: boolean;
}

export const noCode: TypedCode = { text: "", recovery: false };

/** As the API takes it. */
export const proofOf = ({ text, recovery }: TypedCode) => (recovery ? { recoveryCode: text } : { code: text });

export interface CodeFieldsProps {
  readonly value: TypedCode;
  readonly onChange: (value: TypedCode) => void;
  readonly error?: string | undefined;
  readonly autoFocus?: boolean;
  /** False where only the app's own code will do. */
  readonly recovery?: boolean;
}

/** One field, and a way to change to the other kind. */
export const CodeFields = ({ value, onChange, error, autoFocus = false, recovery = true }: CodeFieldsProps) => (
  <div>
    <TextInput
      key={value.recovery ? "recovery" : "code"}
      className={css["code"] ?? ""}
      label={value.recovery ? "Recovery code" : "Code from your app"}
      description={value.recovery ? "One of the ten you kept when you set it up. It works once." : "Six digits"}
      autoComplete={value.recovery ? "off" : "one-time-code"}
      inputMode={value.recovery ? "text" : "numeric"}
      autoCapitalize="none"
      spellCheck={false}
      maxLength={value.recovery ? 40 : 12}
      {...(autoFocus ? { autoFocus: true, "data-autofocus": true } : {})}
      value={value.text}
      onChange={(event) => onChange({ ...value, text: event.currentTarget.value })}
      error={error}
    />
    {recovery && (
      <Anchor
        component="button"
        type="button"
        fz="sm"
        className={css["other"] ?? ""}
        onClick={() => onChange({ text: "", recovery: !value.recovery })}
      >
        {value.recovery ? "Use the code from your app" : "Your phone is not at hand? Use a recovery code"}
      </Anchor>
    )}
  </div>
);
