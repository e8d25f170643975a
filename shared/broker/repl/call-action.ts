// Calling any action of the API by its name: the raw call of the REPL, which is no way past the gateway.
import { actionContract } from "../../contracts/index.ts";
import { type Api, ReplError, type Row } from "./api.ts";
import { type Command, path, readObject, word } from "./command.ts";

export const callCommand: Command = {
  usage: "call <action>",
  about: 'Calls any action of the API: call jobs.list \'{"state":"failed"}\'',
  run: async (api, given) =>
    JSON.stringify(
      await callAction(api, word(given), given.words[1] ? readObject(given.words[1], `call ${word(given)}`) : {}),
      null,
      2,
    ),
};

/** Calls an action by its name through the API. Throws ReplError for one that is not part of it. */
export const callAction = async (api: Api, name: string, params: Row): Promise<Row> => {
  const rest = actionContract(name)?.rest;
  if (!rest || rest.root)
    throw new ReplError(
      `${name} is not part of the API. Nobody could say whether you may call it, and no audit log would keep that you did. \`actions\` lists what there is.`,
    );
  const left = { ...params };
  const filled = rest.path.replace(/:(\w+)/g, (_, field: string) => {
    const value = left[field];
    if (value === undefined) throw new ReplError(`${name} needs ${field}`);
    delete left[field];
    return path(String(value));
  });
  return api.call(rest.method, filled, left);
};
