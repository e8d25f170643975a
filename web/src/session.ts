// Who is signed in. Read once when the app opens, kept for the tab's life; the CSRF token never leaves memory.
import { redirect } from "@tanstack/react-router";
import { type ApiResult, call, keepCsrfToken, whenTokenIsOld } from "./api.ts";
import { asProblem, Problem } from "./problem.ts";
import { queryClient } from "./query.ts";

export type Session = ApiResult<"accounts.me">;
/** What follows a right password where a second factor is asked for. */
export type Asked = Extract<ApiResult<"accounts.login">, { challenge: string }>;
const key = ["accounts.me", {}];

/** Whom this tab shows the data of; stays while the session has ended. */
let shown: string | undefined;
let over = false;
const take = (session: Session): void => {
  over = false;
  keepCsrfToken(session.csrfToken);
  shown = session.user.id;
};

// Another tab of this browser signed in anew, so that the token here is that of a session that is over.
whenTokenIsOld(async () => {
  const session = await call("accounts.me", {});
  if (shown !== undefined && session.user.id !== shown)
    throw new Problem({
      status: 403,
      code: "OTHER_PERSON",
      title: "Somebody else is signed in here now",
      detail: "They signed in in another tab of this browser. Load the page anew to go on as them.",
    });
  take(session);
  queryClient.setQueryData(key, session);
  return true;
});

/** The session, from memory or from the server; null when nobody is signed in. Throws a Problem when the server is away. */
export const readSession = (): Promise<Session | null> =>
  queryClient.ensureQueryData({
    queryKey: key,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      try {
        const session = await call("accounts.me", {});
        take(session);
        return session;
      } catch (error) {
        if (asProblem(error).status === 401) return null;
        throw error;
      }
    },
  });

/** The session, or a redirect to the sign-in screen that comes back to `href` afterwards. */
export const requireSession = async (href: string): Promise<Session> => {
  const session = await readSession();
  if (!session) throw redirect({ to: "/sign-in", search: href === "/" ? {} : { next: href }, replace: true });
  return session;
};

/** Keeps a session that has just begun, and forgets what an earlier user of this tab has read. */
export const keepSession = ({ csrfToken }: { readonly csrfToken: string }): void => {
  queryClient.clear();
  keepCsrfToken(csrfToken);
};

/** Keeps a session that an answer begins; else answers what is asked for first. */
export const enterOrAsk = (answer: ApiResult<"accounts.login">): Asked | null => {
  if ("challenge" in answer) return answer;
  keepSession(answer);
  return null;
};

/** Signs in, or answers what is asked for after the password. Throws a Problem. */
export const signIn = async (email: string, password: string): Promise<Asked | null> =>
  enterOrAsk(await call("accounts.login", { email, password }));

/** Forgets the session in this tab, and everything read with it. */
export const forgetSession = (): void => {
  over = true;
  keepCsrfToken(null);
  queryClient.clear();
};

/** True once the session of this tab has ended and until another begins. */
export const isOver = (): boolean => over;

/** Ends the session on the server, then here; also when the server no longer knows it. */
export const signOut = async (): Promise<void> => {
  try {
    await call("accounts.logout", {});
  } finally {
    forgetSession();
  }
};
