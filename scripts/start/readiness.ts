// Waiting for the gateway: asks /health/ready until it says yes, and tells what is missing when that takes long.
import { setTimeout as delay } from "node:timers/promises";
import { step } from "./say.ts";

const tellEveryMs = 15_000;

/** What a 503 of /health/ready names as missing; empty when it does not say. */
const missingFrom = (body: string): string => {
  try {
    const { missing, detail } = JSON.parse(body) as { missing?: unknown; detail?: unknown };
    if (Array.isArray(missing)) return missing.join(", ");
    return typeof detail === "string" ? detail : "";
  } catch {
    return "";
  }
};

/** Resolves with true once the gateway on this port is ready, with false when `signal` is aborted before. */
export const untilReady = async (port: number, signal: AbortSignal): Promise<boolean> => {
  let tellAt = performance.now() + tellEveryMs;
  let missing = "";
  while (!signal.aborted) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/health/ready`, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]),
      });
      if (response.status === 200) return true;
      missing = missingFrom(await response.text());
    } catch {
      missing = "the gateway does not answer yet";
    }
    if (performance.now() > tellAt) {
      step(`Still waiting${missing ? `: ${missing}` : ""} …`);
      tellAt = performance.now() + tellEveryMs;
    }
    await delay(150, undefined, { signal }).catch(() => {});
  }
  return false;
};
