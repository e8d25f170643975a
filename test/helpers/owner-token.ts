// How tests that speak plain HTTP come to an access token: as a person does, over sign-in and Settings.

/** The first owner of the houses that tests start, as LC_ADMIN_EMAIL and LC_ADMIN_PASSWORD say. */
export const owner = { email: "owner@example.org", password: "correct horse battery staple 7" };

/** Signs the owner in at a gateway and makes a token with all abilities. */
export const ownerToken = async (base: string): Promise<string> => {
  const login = await fetch(`${base}/api/v1/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(owner),
  });
  const { csrfToken } = (await login.json()) as { csrfToken: string };
  const cookie = login.headers
    .getSetCookie()
    .map((one) => one.split(";")[0])
    .join("; ");
  const made = await fetch(`${base}/api/v1/auth/tokens`, {
    method: "POST",
    headers: { "content-type": "application/json", cookie, "x-csrf-token": csrfToken, origin: base },
    body: JSON.stringify({ name: "test", abilities: ["read", "write", "send", "admin"] }),
  });
  return ((await made.json()) as { token: string }).token;
};
