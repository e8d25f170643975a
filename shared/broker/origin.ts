// The request that the work in hand began with: known to everything that runs because of it, across awaits, and handed
// on with jobs and events. For log lines, jobs and the debug page; it holds an id and nothing about people.
import { AsyncLocalStorage } from "node:async_hooks";

const requests = new AsyncLocalStorage<string | undefined>();

/** Runs work that belongs to a request; undefined: to none. */
export const ofRequest = <T>(requestId: string | undefined, work: () => T): T => requests.run(requestId, work);

/** Id of the request that the current work belongs to, or undefined. */
export const currentRequestId = (): string | undefined => requests.getStore();
