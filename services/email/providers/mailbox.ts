// A sender as mail APIs take it: `"Name" <address>`, the name quoted so that commas and dots in it mean nothing.

/** One mailbox as text (RFC 5322, section 3.4), not encoded: JSON carries any letter. */
export const mailbox = ({ name, address }: { readonly name: string; readonly address: string }): string => {
  const safe = name
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .replace(/["\\]/g, "\\$&");
  return safe ? `"${safe}" <${address}>` : address;
};
