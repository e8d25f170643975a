// Ends connections on which Redis has gone silent. A network that drops packets without a word leaves a connection that
// looks open and swallows commands for up to a quarter of an hour; on a new one they are sent again at once.
import type { Redis } from "ioredis";

/** How long Redis may take to answer before the connection counts as dead, in ms. */
const silentAtMost = 10_000;
/** Looks in that time. */
const looks = 4;

/** Asks now and then whether Redis still answers, and connects anew when it does not within `silentMs` (10 s). */
export const cutWhenSilent = (client: Redis, silentMs = silentAtMost): void => {
  client.on("ready", () => {
    let unanswered = 0;
    let isAsking = false;
    const answered = () => {
      isAsking = false;
      unanswered = 0;
    };
    const look = () => {
      if (!isAsking) {
        isAsking = true;
        client.ping().then(answered, answered);
      } else if (++unanswered >= looks)
        // A process that was busy or frozen reads first what has arrived meanwhile.
        setImmediate(() => {
          if (isAsking && client.status === "ready") client.disconnect(true);
        });
    };
    const timer = setInterval(look, silentMs / looks).unref();
    client.once("close", () => clearInterval(timer));
  });
};
