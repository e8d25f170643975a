// The thread that compiles MJML: the package and what it holds come and go with it, and a source that keeps it busy
// holds up nobody else. Reads no files: includes are refused, and no configuration file is looked for.
import { parentPort } from "node:worker_threads";
import mjml2html from "mjml";
import { type MjmlMistake, mjmlMistakes } from "./mjml-balance.ts";

export interface MjmlAnswer {
  readonly html: string;
  readonly mistakes: readonly MjmlMistake[];
}

const MOST = 50;
/** What a template's HTML may be long at most, as in its contract. */
const MOST_HTML = 500_000;

const compile = async (source: string): Promise<MjmlAnswer> => {
  const mistakes = mjmlMistakes(source);
  if (mistakes.length > 0) return { html: "", mistakes };
  try {
    const { html, errors } = await mjml2html(source, {
      validationLevel: "soft",
      ignoreIncludes: true,
      useMjmlConfigOptions: false,
      // None by default: a font from elsewhere tells its server who reads. <mj-font> names one on purpose.
      fonts: {},
    });
    if (html.length > MOST_HTML)
      return {
        html: "",
        mistakes: [
          {
            line: 1,
            message: `becomes ${html.length} characters of HTML; expected at most ${MOST_HTML}`,
            harmless: false,
          },
        ],
      };
    return {
      html,
      // An attribute that it does not know is passed over; an element that it does not know vanishes with its content.
      mistakes: errors.slice(0, MOST).map(({ line, message }) => ({
        line,
        message,
        harmless: /^attribute/i.test(message),
      })),
    };
  } catch (error) {
    return { html: "", mistakes: [{ line: 1, message: (error as Error).message.slice(0, 300), harmless: false }] };
  }
};

parentPort?.on("message", (source: string) => {
  void compile(source).then((answer) => parentPort?.postMessage(answer));
});
parentPort?.postMessage("ready");
