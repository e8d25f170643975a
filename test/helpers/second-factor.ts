// People with a second factor at a served gateway: requests from an address of the test's own, sign-ins, notices.
import { codeOf } from "./authenticator.ts";
import { password, type Reply, type ServedGateway } from "./gateway.ts";

type Headers = Readonly<Record<string, string>>;

/** Status and code of an answer. */
export const said = ({ status, json }: Reply) => [status, json?.code];
/** What a signed-in browser sends, from the answer that signed it in. */
export const headersOf = (reply: Reply) => ({
  cookie: (reply.headers["set-cookie"]?.[0] ?? "").split(";")[0] ?? "",
  "x-csrf-token": String(reply.json.csrfToken),
});

/** For one gateway; `address` says where the requests come from (the gateway must trust one proxy). */
export const secondFactorKit = (gateway: () => ServedGateway, address: () => string) => {
  const ask = (method: string, path: string, body?: unknown, headers: Headers = {}) =>
    gateway().ask({
      method,
      path: `/api/v1${path}`,
      headers: { "x-forwarded-for": address(), ...headers },
      ...(body === undefined ? {} : { body }),
    });
  const post = (path: string, body: unknown = {}, headers: Headers = {}) => ask("POST", path, body, headers);
  const login = (email: string, secret = password) => post("/auth/login", { email, password: secret });
  /** Lets codes of this moment be used (again), as if half a minute had passed. */
  const later = () => gateway().sql("update accounts.second_factors set last_step = 0");
  const person = async (name: string, role: "owner" | "viewer" = "viewer") => {
    const email = `${name}@example.org`;
    return { id: await gateway().addUser(email, role), email };
  };
  return {
    ask,
    post,
    login,
    later,
    person,
    challengeOf: async (email: string) => String((await login(email)).json.challenge),
    reads: async (headers: Headers) => (await ask("GET", "/contacts", undefined, headers)).status,
    /** How many notices were mailed to somebody. */
    noticesTo: async (email: string) =>
      (
        await gateway().sql(
          `select 1 from messaging.messages m join messaging.contents c on c.id = m.content_id
           where m.address = ? and c.subject = '{{what}}'`,
          [email],
        )
      ).length,
    /** What the audit log says of somebody, the oldest first. */
    events: async (userId: string) =>
      (
        await gateway().sql("select event from accounts.audit_log where user_id = ? or object_id = ? order by id", [
          userId,
          userId,
        ])
      ).map(({ event }) => String(event)),
    /** Switches it on for a new person; the code that did it counts as long past. */
    withFactor: async (name: string, role: "owner" | "viewer" = "viewer") => {
      const { id, email } = await person(name, role);
      const session = await gateway().signIn(email);
      const secret = String((await post("/auth/second-factor/setup", {}, session)).json.secret);
      const on = await post("/auth/second-factor/confirm", { code: codeOf(secret) }, session);
      await later();
      return { id, email, session, secret, codes: on.json.recoveryCodes as string[] };
    },
  };
};
