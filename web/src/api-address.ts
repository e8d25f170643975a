// Where the API is: at this address too, or, when the app was built for an address of its own (VITE_API_URL, as on
// Cloudflare Pages), there. Then requests carry the session's cookie across, which works below one registrable domain.

const elsewhere = (import.meta.env.VITE_API_URL ?? "").replace(/\/+$/, "");

/** The address of a path of the API, such as `/api/v1/contacts`. */
export const apiAddress = (path: string): string => elsewhere + path;

/** Whether requests must be told to carry the cookie. */
export const apiIsElsewhere = elsewhere !== "";
