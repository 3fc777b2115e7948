import type { Operation } from "../operation.ts";
import * as agents from "./agents.ts";
import * as daemons from "./daemons.ts";
import * as people from "./people.ts";
import * as peopleTasks from "./people-tasks.ts";

const isOperation = (value: unknown): value is Operation =>
  typeof value === "object" && value !== null && "door" in value && "path" in value;

/** Every operation of the hub. */
export const operations: readonly Operation[] = [people, peopleTasks, agents, daemons]
  .flatMap((room) => Object.values(room))
  .filter(isOperation);
