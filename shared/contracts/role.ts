// The roles of people who sign in. What each may do is one table in the gateway.
import { z } from "zod";

export const Role = z.enum(["owner", "manager", "editor", "agent", "viewer"]);
export type Role = z.infer<typeof Role>;
