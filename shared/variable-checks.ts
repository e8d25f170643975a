// Checks that the values of environment variables must pass. Each answers what was expected, or undefined.

export const wholeNumber = (min: number, max: number) => (value: string) =>
  /^\d+$/.test(value) && Number(value) >= min && Number(value) <= max
    ? undefined
    : `a whole number from ${min} to ${max}`;
export const oneOf =
  (...allowed: string[]) =>
  (value: string) =>
    allowed.includes(value) ? undefined : `one of ${allowed.join(", ")}`;
export const urlWith =
  (...schemes: string[]) =>
  (value: string) => {
    const parsed = URL.parse(value);
    return parsed && schemes.includes(parsed.protocol.slice(0, -1))
      ? undefined
      : `a URL that starts with ${schemes.map((s) => `${s}://`).join(" or ")}`;
  };
export const listOf = (refuse: (value: string) => string | undefined) => (value: string) => {
  for (const part of splitList(value)) {
    const wrong = refuse(part);
    if (wrong) return `a comma-separated list, each ${wrong}`;
  }
  return undefined;
};
export const splitList = (value: string) =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
