// Headers of answers that are no page: data, errors, health. Should a browser be led to one after all, it guesses no other
// type than the stated one, loads nothing and runs nothing.

/** The content policy of what is no page. */
export const nothingPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** For answers that are given before, or without, the gateway. */
export const bareHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": nothingPolicy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "same-origin",
};
