// Who may touch which keys of Redis: every family of keys with the groups that need it, and the ACL users made from it.
// One user per deployment, so that a process that is taken over reads no sessions and empties no Redis. A test runs the
// whole platform under these users, another one looks for families of the code that are missing here.

export const redisGroups = ["gateway", "contacts", "campaigns", "email", "scheduler", "sandbox"] as const;
export type RedisGroup = (typeof redisGroups)[number];

interface Family {
  /** Key patterns; `<group>` stands for each group's own name. */
  readonly keys: readonly string[];
  readonly what: string;
  /** Who reads and writes; `own`: only the group that the pattern names. */
  readonly use: readonly RedisGroup[] | "all" | "own";
  /** Everybody may look and add, and take nothing off: pointers say which job waits, and nothing about anybody. */
  readonly lookAndAdd?: true;
}

/** Every family of keys. A new one needs a line here, or its process is refused (the test says which). */
export const keyFamilies: readonly Family[] = [
  { keys: ["lc:jobs:<group>:*"], what: "pointers to a group's jobs", use: "own" },
  { keys: ["lc:jobs:*"], what: "every process publishes for all groups", use: ["scheduler"], lookAndAdd: true },
  { keys: ["lc:dead:*"], what: "what could not be handled; whichever process comes first collects it", use: "all" },
  { keys: ["lc:events:*"], what: "streams of events, one per family", use: "all" },
  { keys: ["lc:epoch", "lc:epoch:*"], what: "whether Redis lost its state, and who publishes anew", use: "all" },
  { keys: ["lc:jobs-cancelled", "lc:pause-epoch"], what: "signs to look at Postgres at once", use: "all" },
  { keys: ["lc:job-limit:*", "lc:job-stats:*"], what: "limits and figures of jobs", use: "all" },
  { keys: ["lc:workers", "lc:workers:*", "lc:drain:*"], what: "what processes say of themselves", use: "all" },
  { keys: ["lc:sent:*"], what: "progress of campaigns", use: ["campaigns", "email"] },
  { keys: ["lc:tokens:*", "lc:hold:*"], what: "rates of senders and pauses of providers", use: ["email"] },
  { keys: ["lc:sender-test*"], what: "limit of test mails", use: ["email"] },
  { keys: ["lc:session:*", "lc:sessions:*"], what: "who is signed in", use: ["gateway"] },
  { keys: ["lc:sign-in-link:*", "lc:second-factor:*"], what: "signing in under way", use: ["gateway"] },
  { keys: ["lc:rate*", "lc:login:*", "lc:forgot:*"], what: "limits of requests and attempts", use: ["gateway"] },
];

/** Channels of pub/sub. Moleculer's carry calls between processes, and the names of processes are not known beforehand. */
const channels: readonly { readonly pattern: string; readonly use: readonly RedisGroup[] | "all" }[] = [
  { pattern: "MOL-lc.*", use: "all" },
  { pattern: "lc:live", use: "all" },
  { pattern: "lc:tokens-revoked", use: ["gateway"] },
];

const commands = [
  // The connection.
  ["ping", "select", "hello", "quit", "info", "time", "multi", "exec", "discard"],
  ["publish", "subscribe", "unsubscribe"],
  // Scripts; what they do is checked command by command.
  ["eval", "evalsha", "script|load"],
  // Values, counters and sorted lists.
  ["get", "set", "mget", "getdel", "del", "exists", "incr", "incrby", "expire", "pexpire", "ttl", "pttl"],
  ["hget", "hset", "hmget", "hdel", "hgetall", "hvals", "hincrbyfloat"],
  ["zadd", "zcard", "zcount", "zrange", "zrem", "zremrangebyscore", "zscore"],
  // Streams.
  ["xadd", "xack", "xdel", "xlen", "xrange", "xreadgroup", "xpending", "xclaim"],
  ["xgroup|create", "xgroup|delconsumer", "xinfo|groups", "xinfo|consumers"],
].flat();
/** A connection may say what it is and end its own wait; Redis 7.0 and 7.2 know different words for that, so it is told what not. */
const client = ["+client", ...["kill", "list", "pause", "unpause", "no-evict", "reply"].map((sub) => `-client|${sub}`)];
/** Looking for streams and cutting them short is upkeep. */
const upkeep = ["scan", "xtrim"];

/** `own` names a group's pattern; `keys` may be touched by any of these groups. */
const keyRules = (groups: readonly RedisGroup[]): string[] => {
  const rules = keyFamilies.flatMap(({ keys, use, lookAndAdd }) => {
    if (use === "own") return groups.flatMap((group) => keys.map((key) => `~${key.replace("<group>", group)}`));
    if (use === "all" || use.some((group) => groups.includes(group))) return keys.map((key) => `~${key}`);
    // In brackets: these commands only. A right to write a key would be one to delete it.
    return lookAndAdd ? [`(+xadd +xrange ${keys.map((key) => `~${key}`).join(" ")})`] : [];
  });
  return [...new Set(rules)];
};

/** The rules of an ACL user for a process with these groups, as Redis reads them; without password. */
export const aclRules = (groups: readonly RedisGroup[]): readonly string[] => [
  "resetkeys",
  "resetchannels",
  "-@all",
  ...keyRules(groups),
  ...channels
    .filter(({ use }) => use === "all" || use.some((group) => groups.includes(group)))
    .map(({ pattern }) => `&${pattern}`),
  ...client,
  ...[...commands, ...(groups.includes("scheduler") ? upkeep : [])].map((command) => `+${command}`),
];

export interface AclUser {
  /** Name of the user; one per deployment. */
  readonly name: string;
  readonly groups: readonly RedisGroup[];
  /** SHA-256 of its password, in hex; without one nobody can sign in as it. */
  readonly passwordHash?: string;
}

/**
 * The text of an ACL file: the default user switched off, one user for people (`operator`, who may do everything) and one
 * per deployment.
 */
export const aclFile = (users: readonly AclUser[], operatorHash?: string): string =>
  [
    "user default off",
    `user operator on${operatorHash ? ` #${operatorHash}` : ""} ~* &* +@all`,
    ...users.map(
      ({ name, groups, passwordHash }) =>
        `user ${name} on${passwordHash ? ` #${passwordHash}` : ""} ${aclRules(groups).join(" ")}`,
    ),
    "",
  ].join("\n");

/** A user for each group, as production deploys them. */
export const usersPerGroup: readonly AclUser[] = redisGroups.map((name) => ({ name, groups: [name] }));
