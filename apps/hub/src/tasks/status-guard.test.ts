import { legalTransitions, TASK_STATUSES, type TaskStatus } from "@orchestratia/domain/task-lifecycle";
import { expect, test } from "vitest";
import { openDatabase } from "../db/database.ts";
import { createTestDatabase } from "../testing/test-database.ts";

const CHECK_VIOLATION = "23514";

test("the database lets a task's status move exactly as the lifecycle says, and begin only as pending", async () => {
  await using place = await createTestDatabase();
  await using database = openDatabase(place.url, { maxConnections: 1 });
  const { pool, sql } = database;
  const [project] = await sql.query<{ id: string }>("insert into projects (key, name) values ('P', 'P') returning id");
  let number = 0;
  const insert = async (status: TaskStatus): Promise<string> => {
    number += 1;
    const [task] = await sql.query<{ id: string }>(
      `insert into tasks (project_id, number, key, title, spec, created_by, status)
       values ($1, $2::int, 'P-' || $2::int, 'T', 'S', '{}', $3) returning id`,
      [project?.id, number, status],
    );
    return (task as { id: string }).id;
  };
  const isAllowed = (work: Promise<unknown>): Promise<boolean> =>
    work.then(
      () => true,
      (error: { code?: string }) => {
        if (error.code !== CHECK_VIOLATION) throw error;
        return false;
      },
    );

  const born: TaskStatus[] = [];
  for (const status of TASK_STATUSES) if (await isAllowed(insert(status))) born.push(status);
  expect(born).toEqual(["pending"]);

  const task = await insert("pending");
  const allowed: { from: TaskStatus; to: TaskStatus }[] = [];
  for (const from of TASK_STATUSES) {
    for (const to of TASK_STATUSES) {
      // Where it begins is not what is tried: the guard sleeps while it is put there.
      await pool.query("alter table tasks disable trigger task_status_moves");
      await pool.query("update tasks set status = $2 where id = $1", [task, from]);
      await pool.query("alter table tasks enable trigger task_status_moves");
      if (await isAllowed(pool.query("update tasks set status = $2 where id = $1", [task, to])))
        allowed.push({ from, to });
    }
  }
  // A status may always be written again: the moves that stay where they are change other columns.
  const moves = allowed.filter(({ from, to }) => from !== to);
  expect(moves).toEqual(legalTransitions().filter(({ from, to }) => from !== to));
  expect(allowed.length - moves.length).toBe(TASK_STATUSES.length);
});
