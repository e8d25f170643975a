// Names of this machine itself, as they stand in a Host header: in lower case, with or without a port.

/** Matches the names; the first group is the port, where there is one. */
export const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|[\w-]+\.localhost)(?::(\d{1,5}))?$/;
