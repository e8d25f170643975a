// How many Postgres connections a process opens for its jobs, besides the LC_DB_POOL of its handlers: claims, renewals and
// outcomes have their own, because handlers that use up theirs must not cost a lease. Who plans a server's connections
// counts them in.

/** Postgres connections of a process besides LC_DB_POOL, at most. */
export const jobConnections = 4;
