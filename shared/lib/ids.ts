// Ids as a dependency: uuid version 7 (RFC 9562), so ids sort by the time they were made.
import { v7 } from "uuid";

export type MakeId = () => string;

export const makeId: MakeId = () => v7();
