import { Problem } from "@orchestratia/protocol/problems";
import type { ProjectId, TaskId } from "@orchestratia/protocol/vocabulary";
import type { Database } from "../db/database.ts";
import { idRange } from "../db/id-range.ts";
import type { Sql } from "../db/transaction.ts";

/** How many tasks an ambiguous prefix names. */
const CANDIDATES = 5;
/** Beyond this a key's number does not fit in an integer, and no task has it. */
const KEY = /^([a-z][a-z0-9]{1,9})-([0-9]{1,9})$/i;

interface Named {
  id: TaskId;
  key: string;
  title: string;
}

const BY_KEY = {
  name: "task_by_key",
  text: "select id, key, title from tasks where project_id = $1 and number = $2 and upper(key) = upper($3)",
};
const BY_ID = {
  name: "task_by_id_range",
  text: `select id, key, title from tasks where project_id = $1 and id between $2 and $3
    order by id limit ${CANDIDATES + 1}`,
};

/**
 * The task that `ref` means in the project: its id, its key in any case, or the first four or more characters of its id.
 * Throws task_not_found, or task_ambiguous naming up to five tasks.
 */
export async function resolveTaskRef(
  { sql }: Pick<Database, "sql">,
  projectId: ProjectId,
  ref: string,
): Promise<TaskId> {
  const found = (await byKey(sql, projectId, ref)) ?? (await byIdOrPrefix(sql, projectId, ref));
  return found.id;
}

/** Each reference resolved, in order; an empty list costs nothing. */
export function resolveTaskRefs(
  database: Pick<Database, "sql">,
  projectId: ProjectId,
  refs: readonly string[],
): Promise<TaskId[]> {
  return Promise.all(refs.map((ref) => resolveTaskRef(database, projectId, ref)));
}

async function byKey(sql: Sql, projectId: ProjectId, ref: string): Promise<Named | undefined> {
  const number = KEY.exec(ref)?.[2];
  if (number === undefined) return undefined;
  const [task] = await sql.query<Named>(BY_KEY, [projectId, Number(number), ref]);
  return task;
}

async function byIdOrPrefix(sql: Sql, projectId: ProjectId, ref: string): Promise<Named> {
  const range = idRange(ref);
  if (!range)
    throw new Problem("task_not_found", `No task is called ${ref}; name it by key, id, or 4+ characters of its id.`);
  const tasks = await sql.query<Named>(BY_ID, [projectId, ...range]);
  const [task] = tasks;
  if (!task) throw new Problem("task_not_found", `There is no task ${ref} in this project.`);
  if (tasks.length > 1) throw ambiguous(ref, tasks);
  return task;
}

function ambiguous(ref: string, tasks: Named[]): Problem {
  const candidates = tasks.slice(0, CANDIDATES).map(({ id, key, title }) => ({ id, key, title }));
  const keys = candidates.map(({ key }) => key).join(", ");
  return new Problem("task_ambiguous", `${ref} could be ${keys}${tasks.length > CANDIDATES ? " or others" : ""}.`, {
    candidates,
  });
}
