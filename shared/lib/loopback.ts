// Names of this machine itself, as they stand in a Host header: in lower case, with or without a port.

/** Matches the names; the first group is the port, where there is one. */
export const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|[\w-]+\.localhost)(?::(\d{1,5}))?$/;

/** True for a URL whose host is this machine itself, in whatever spelling; false for what is no URL. */
export const leadsHere = (url: string): boolean => {
  const host = (URL.parse(url)?.hostname ?? "").replace(/\.$/, "");
  return loopbackHost.test(host) || host === "0.0.0.0" || host === "[::]";
};
