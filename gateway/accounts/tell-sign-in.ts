// Tells how to get in: the process that started this one, with a link for one use, or else, once, the log.
import type { Deps } from "../../shared/broker/deps.ts";
import type { Owner } from "./first-owner.ts";
import { makeSignInLink } from "./sign-in-link.ts";

/**
 * `made` is the owner that this start made. With `link` set, whoever started this process is also given a sign-in link
 * at every start; when Redis does not answer there is none this time.
 */
export const tellSignIn = async (
  deps: Pick<Deps, "db" | "redis" | "log">,
  made: Owner | undefined,
  options: { readonly link: boolean; readonly adminEmail: string },
): Promise<void> => {
  const link = options.link
    ? await makeSignInLink(deps, options.adminEmail).catch((error: unknown) => {
        deps.log.warn(`no sign-in link this time: ${error instanceof Error ? error.message : String(error)}`);
        return undefined;
      })
    : undefined;
  if (process.send) {
    if (made || link)
      process.send({
        type: "sign-in",
        email: made?.email ?? link?.email,
        made: made !== undefined,
        ...(made?.password === undefined ? {} : { password: made.password }),
        ...(link === undefined ? {} : { link: link.path }),
      });
  } else if (made?.password)
    deps.log.warn(
      `first owner made: sign in as ${made.email} with the password ${made.password} and change it; it is not shown again`,
    );
  else if (made) deps.log.info(`first owner made: sign in as ${made.email} with the password in LC_ADMIN_PASSWORD`);
};
