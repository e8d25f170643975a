// `npm run key:generate`: prints a key for LC_SECRET_KEYS. Put a new one in front of the old ones to rotate.
import { randomBytes } from "node:crypto";

process.stdout.write(`${randomBytes(32).toString("base64url")}\n`);
