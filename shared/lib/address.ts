// The spelling under which an address is suppressed and sent to on its channel. Never fails: a stop must always take.
import { normaliseEmail } from "./email-address.ts";
import { normalisePhone } from "./phone.ts";

/** Normalised email or E.164 number; what cannot be read as one is trimmed and lowered, and stands as it is. */
export const normaliseAddress = (channel: "email" | "sms" | "call", address: string): string => {
  if (channel === "email") {
    const result = normaliseEmail(address);
    return "email" in result ? result.email : address.trim().toLowerCase();
  }
  const result = normalisePhone(address);
  return "phone" in result ? result.phone : address.trim().toLowerCase();
};
