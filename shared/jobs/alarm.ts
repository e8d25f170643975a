// Calls a function regularly, or earlier when somebody asks: never twice at the same time.

export interface Alarm {
  start(): void;
  /** The next call comes in at most so many ms. */
  within(ms: number): void;
  stop(): void;
}

/** `ring` says in how many ms it wants to be called again. It must not reject. */
export const createAlarm = (ring: () => Promise<number>): Alarm => {
  let timer: NodeJS.Timeout | undefined;
  let nextAt = Number.POSITIVE_INFINITY;
  let isRinging = false;
  let isStopped = false;

  const arm = () => {
    clearTimeout(timer);
    if (!isStopped) timer = setTimeout(() => void call(), Math.max(0, nextAt - performance.now()));
  };

  const within = (ms: number) => {
    const moment = performance.now() + ms;
    if (moment >= nextAt) return;
    nextAt = moment;
    if (!isRinging) arm();
  };

  const call = async () => {
    isRinging = true;
    nextAt = Number.POSITIVE_INFINITY;
    const wait = await ring();
    isRinging = false;
    nextAt = Math.min(nextAt, performance.now() + wait);
    arm();
  };

  return {
    start: () => void call(),
    within,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
};
