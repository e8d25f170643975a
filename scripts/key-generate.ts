// `npm run key:generate`: prints a key for LC_SECRET_KEYS. Put a new one in front of the old ones to rotate.
import { randomBytes } from "node:crypto";
import { readFlags } from "./command-line.ts";

readFlags("Usage: npm run key:generate");
process.stdout.write(`${randomBytes(32).toString("base64url")}\n`);
