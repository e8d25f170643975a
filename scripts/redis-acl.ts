// `npm run redis:acl -- <file>`: writes an ACL file for Redis with a user per group and new passwords, of which the file
// holds hashes only, and prints the passwords once. `name=group,group` makes a user for a process of several groups.
import { createHash, randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { type AclUser, aclFile, type RedisGroup, redisGroups, usersPerGroup } from "../shared/streams/redis-access.ts";

const leave = (sentence: string): never => {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
};

const groupOf = (name: string): RedisGroup =>
  redisGroups.find((group) => group === name) ??
  leave(`There is no group ${name}: expected some of ${redisGroups.join(", ")}.`);

const userOf = (argument: string): AclUser => {
  const [name = "", groups = name] = argument.split("=");
  if (!/^[a-z][a-z0-9-]*$/.test(name) || ["default", "operator"].includes(name))
    leave(`"${name}" cannot be the name of a user: expected small letters, such as sending=contacts,campaigns,email.`);
  return { name, groups: groups.split(",").map(groupOf) };
};

const usage = "Usage: npm run redis:acl -- <file to write> [<user>=<group>,<group> …]";
const [file, ...wanted] = process.argv.slice(2);
if (file === "--help" || file === "-h") process.stdout.write(`${usage}\nGroups: ${redisGroups.join(", ")}\n`);
else if (file === undefined || file.startsWith("-") || file.includes("="))
  leave(`Say where to write it, as in npm run redis:acl -- users.acl${file ? `; found ${file}` : ""}\n${usage}`);
else if (existsSync(file))
  leave(`${file} is there already: its passwords are in use. Choose another name, or move it away.`);
else {
  const users = wanted.length > 0 ? wanted.map(userOf) : usersPerGroup;
  const passwords = new Map(
    ["operator", ...users.map(({ name }) => name)].map((name) => [name, randomBytes(24).toString("base64url")]),
  );
  const hashOf = (name: string) =>
    createHash("sha256")
      .update(passwords.get(name) ?? "")
      .digest("hex");
  const text = aclFile(
    users.map((user) => ({ ...user, passwordHash: hashOf(user.name) })),
    hashOf("operator"),
  );
  try {
    writeFileSync(file, text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    leave(`${file} cannot be written: ${(error as Error).message}`);
  }
  const lines = [...passwords].map(([name, password]) => `  redis://${name}:${password}@<host>:6379`);
  process.stdout.write(
    [
      `${file} is written. The passwords are shown this once; each process gets the REDIS_URL of its user:`,
      ...lines,
      "",
    ].join("\n"),
  );
}
