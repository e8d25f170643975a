// Whether a queue or a type is held. Nothing can be held yet: the one place that a pause will be decided in.
import type { QueueName } from "../contracts/contract.ts";

/** True when no job of this queue (or of this type on it) may start. */
export const isPaused = (_queue: QueueName, _type?: string): boolean => false;
