import { Problem } from "@orchestratia/protocol/problems";
import { Completion } from "@orchestratia/protocol/tasks";
import type { ProjectId, TaskId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { completeTask } from "../tasks/complete-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";

const TASKS = 1_000;
const CLAIMERS = 200;
/** How many claimers try for each task. */
const RIVALS = 3;
const finished = Completion.parse({ result: { summary: "done" } });

/** As many pending tasks, made in one statement. */
async function addTasks(on: TestEngine, project: ProjectId, count: number): Promise<TaskId[]> {
  const rows = await on.sql.query<{ id: TaskId }>(
    `insert into tasks (project_id, number, key, title, spec, created_by, requirements)
     select $1, n, 'X-' || n, 'Task ' || n, 'Do it.', '{"type":"system","id":null,"name":"test"}',
       '{"languages":[],"environments":[],"tools":[],"tags":[]}'
     from generate_series(1, $2::int) as n returning id`,
    [project, count],
  );
  return rows.map(({ id }) => id);
}

const countOf = async (on: TestEngine, what: string) =>
  (
    await on.sql.query<{ n: number; tasks: number }>(
      `select count(*)::int as n, count(distinct task_id)::int as tasks from ${what}`,
    )
  )[0];

test(`${CLAIMERS} concurrent claimers on ${TASKS} tasks: each task gets exactly one lease`, {
  timeout: 120_000,
}, async () => {
  await using database = await createTestDatabase();
  await using on = await openTestEngine(database.url);
  // One engine keeps its own moves in line; between two of them only the locks and the guards do.
  await using other = await openTestEngine(database.url);
  const engines = [on.engine, other.engine];
  const project = await on.addProject({ auto_start_sessions: false });
  const server = await on.addServer(project, { max: TASKS });
  const claimers = [];
  for (let n = 0; n < CLAIMERS; n += 1) claimers.push(await on.addSession(project, server, "shell"));
  const tasks = await addTasks(on, project, TASKS);
  on.engine.matcher.wake(project);
  await on.settled();

  const each = TASKS / CLAIMERS;
  const refusals = new Map<string, number>();
  const won = new Map<string, number>();
  await Promise.all(
    claimers.map(async (claimer, nth) => {
      const engine = engines[nth % engines.length] as TestEngine["engine"];
      for (let at = 0; at < each * RIVALS; at += 1) {
        const task = tasks[(nth * each + at) % TASKS] as TaskId;
        try {
          await startTask(engine, claimer, task);
          won.set(task, (won.get(task) ?? 0) + 1);
          await completeTask(engine, claimer, task, finished);
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          refusals.set(error.code, (refusals.get(error.code) ?? 0) + 1);
        }
      }
    }),
  );

  expect([...won.values()].filter((times) => times !== 1)).toEqual([]);
  expect(won.size).toBe(TASKS);
  expect([...refusals.values()].reduce((sum, count) => sum + count, 0)).toBe(TASKS * (RIVALS - 1));
  for (const code of refusals.keys()) expect(["not_the_worker", "task_wrong_status", "stale_lease"]).toContain(code);
  expect(await countOf(on, "engine.leases")).toEqual({ n: TASKS, tasks: TASKS });
  const started = "activity_log where event_type = 'task.started'";
  expect(await countOf(on, started)).toEqual({ n: TASKS, tasks: TASKS });
  expect(await on.sql.query("select distinct status::text, epoch from tasks")).toEqual([{ status: "done", epoch: 1 }]);
});

test("two matchers that place the same tasks on the same servers at once give each task to one and overfill none", async () => {
  await using database = await createTestDatabase();
  await using on = await openTestEngine(database.url);
  await using other = await openTestEngine(database.url);
  const project = await on.addProject({ auto_start_sessions: false });
  const servers = 20;
  // One place fewer than tasks: the last task must be left over.
  for (let n = 0; n < servers; n += 1) {
    const { id } = await on.addServer(project, { max: TASKS / servers - (n === 0 ? 1 : 0) });
    other.connect(id);
    await other.engine.fleet.refresh(id);
  }
  await addTasks(on, project, TASKS);
  on.engine.matcher.wake(project);
  other.engine.matcher.wake(project);
  await Promise.all([on.settled(), other.settled()]);

  const assigned = "activity_log where event_type = 'task.assigned'";
  expect(await countOf(on, assigned)).toEqual({ n: TASKS - 1, tasks: TASKS - 1 });
  const full = await on.sql.query("select distinct active_tasks - max_concurrent as over from servers");
  expect(full).toEqual([{ over: 0 }]);
  const left = await on.sql.query("select count(*)::int as n from tasks where status = 'pending'");
  expect(left).toEqual([{ n: 1 }]);
});
