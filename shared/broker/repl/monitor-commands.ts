// Commands about the rules that watch the platform, and the incidents that they opened.
import { ReplError } from "./api.ts";
import { act, type Command, list, path, word } from "./command.ts";
import { at } from "./print.ts";

const durations: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400 };
const untilOf = (text: string | undefined): string => {
  const [, amount, unit] = /^(\d{1,4})([mhd])$/.exec(text ?? "1h") ?? [];
  if (!amount || !unit) throw new ReplError(`--for ${text} is no time; expected for example 30m, 2h or 1d`);
  return new Date(Date.now() + Number(amount) * (durations[unit] ?? 60) * 1_000).toISOString();
};

const silence: Command = {
  usage: "monitor silence <id>",
  about: "Silences a rule: --for 2h (default 1h), --reason …",
  options: ["for", "reason"],
  run: async (api, given) => {
    const { for: time, ...rest } = given.options;
    const rule = await api.call("POST", `/monitors/${path(word(given))}/silence`, { until: untilOf(time), ...rest });
    return `"${rule.name}" is silent until ${at(rule, "silenced.until")}.`;
  },
};

export const monitorCommands: readonly Command[] = [
  list(
    "monitors",
    "Rules that watch the platform",
    "/monitors",
    [
      ["id", "id"],
      ["rule", "name"],
      ["state", "state"],
      ["reads", "last.value"],
      ["limit", "threshold"],
      ["unit", "unit"],
      ["silent until", "silenced.until"],
    ],
    "There is no rule.",
  ),
  silence,
  act(
    "monitor unsilence <id>",
    "Ends the silence of a rule",
    "POST",
    "/monitors/:id/unsilence",
    (_, rule) => `"${rule.name}" may tell again.`,
  ),
  list(
    "incidents",
    "Incidents, newest first (--state open)",
    "/incidents",
    [
      ["opened", "openedAt"],
      ["recovered", "recoveredAt"],
      ["what", "sentence"],
    ],
    "There is no incident.",
    ["state", "limit"],
  ),
];
