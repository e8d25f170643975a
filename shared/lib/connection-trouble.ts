// Why a server could not be spoken to, in words that say what to do where the error's own do not. TLS above all: its
// errors name OpenSSL's checks, and the one who reads them looks for a variable.

type Server = "Postgres" | "Redis";

const unknownAuthority = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
]);

const plainAnswer =
  /does not support SSL|wrong version number|packet length too long|before secure TLS connection|record layer/i;

/** The error's own words; connections that fail at several addresses hide theirs inside. */
export const wordsOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return wordsOf(error.errors[0]);
  const { message, code } = (error ?? {}) as { message?: unknown; code?: unknown };
  return String(message || code || error);
};

/** What a failed handshake means and what to do about it, or undefined when the error is about something else. */
export const tlsTrouble = (error: unknown, server: Server): string | undefined => {
  const { code = "", reason } = error as { code?: string; reason?: string };
  const words = wordsOf(error);
  const authority = `LC_${server.toUpperCase()}_CA`;
  if (unknownAuthority.has(code))
    return `its certificate comes from an authority that is not known here; set ${authority} to the authority that issued it`;
  if (code === "CERT_HAS_EXPIRED") return "its certificate has expired; renew it on the server";
  if (code === "CERT_NOT_YET_VALID") return "its certificate is not valid yet; compare the clocks of both machines";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return `its certificate is for another name (${reason ?? "no name fits"}); use the name that it was issued for`;
  if (plainAnswer.test(words))
    return `TLS is demanded and it does not speak it at this port; switch TLS on there, or change ${server === "Postgres" ? "sslmode in DATABASE_URL" : "rediss:// in REDIS_URL"}`;
  if (/no encryption$/.test(words) || /connection is insecure/i.test(words))
    return `it takes encrypted connections only (${words}); add sslmode=verify-full to DATABASE_URL`;
  return undefined;
};

/** Why the server could not be spoken to. */
export const connectionTrouble = (error: unknown, server: Server): string =>
  tlsTrouble(error, server) ?? wordsOf(error) ?? "no connection";
