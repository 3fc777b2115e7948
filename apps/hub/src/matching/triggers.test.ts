import { Completion } from "@orchestratia/protocol/tasks";
import type { ServerId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { removeDependency } from "../dependencies/remove-dependency.ts";
import { assignTask } from "../tasks/assign-task.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { failTask } from "../tasks/fail-task.ts";
import { reopenTask } from "../tasks/reopen-task.ts";
import { requeueTask } from "../tasks/requeue-task.ts";
import { retryTask } from "../tasks/retry-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";

const finished = Completion.parse({ result: { summary: "done" } });

async function place(on: TestEngine, max = 4) {
  const project = await on.addProject({ auto_start_sessions: false });
  const server = await on.addServer(project, { max });
  return { project, server, session: await on.addSession(project, server, "shell") };
}
const statusOf = async (on: TestEngine, id: string) => (await on.task(id)).status;

/** Placed by the matcher and begun. */
async function begun(on: TestEngine, { project, session }: Awaited<ReturnType<typeof place>>) {
  const task = await on.addTask(project);
  await on.settled();
  await startTask(on.engine, session, task);
  return task;
}

test("every move to pending places the task again: requeue, retry, reopen", async () => {
  await using database = await createTestDatabase();
  await using on = await openTestEngine(database.url);
  const where = await place(on);
  const { session } = where;
  const back: [what: string, move: (task: string) => Promise<unknown>][] = [
    ["requeue", (task) => requeueTask(on.engine, SYSTEM, task, "again")],
    [
      "retry",
      async (task) => {
        await failTask(on.engine, session, task, "no");
        await retryTask(on.engine, SYSTEM, task);
      },
    ],
    [
      "reopen",
      async (task) => {
        await completeTask(on.engine, session, task, finished);
        await reopenTask(on.engine, SYSTEM, task);
      },
    ],
  ];
  for (const [what, move] of back) {
    const task = await begun(on, where);
    await move(task);
    await on.settled();
    expect(await statusOf(on, task), what).toBe("assigned");
    await cancelTask(on.engine, SYSTEM, task);
  }
});

test("a task is placed when the last edge that held it is resolved or removed, and not before", async () => {
  await using database = await createTestDatabase();
  await using on = await openTestEngine(database.url);
  const where = await place(on);
  const first = await begun(on, where);
  const second = await on.addTask(where.project, { auto_assign: false });
  const task = await on.addTask(where.project, { dependency_ids: [first, second] });
  await completeTask(on.engine, where.session, first, finished);
  await on.settled();
  expect(await statusOf(on, task)).toBe("pending");
  await removeDependency(on.engine, SYSTEM, task, second);
  await on.settled();
  expect(await statusOf(on, task)).toBe("assigned");
});

test("a session that closes makes room for the one that an assigned task waits for", async () => {
  await using database = await createTestDatabase();
  await using on = await openTestEngine(database.url);
  const project = await on.addProject({ auto_start_sessions: true, default_agent: "custom" });
  const server = await on.addServer(project, { max: 1, agents: ["custom"] });
  const starts = () => server.frames.filter((frame) => frame.type === "session_start").map((frame) => frame.session_id);
  const first = await on.addTask(project);
  await on.settled();
  const [session] = starts();
  await on.sessionReports(session as never, "idle");
  await on.settled();
  const row = await on.task(first);
  const worker = { kind: "session", id: session, name: "w", serverId: server.id, projectId: project, role: "worker" };
  expect(row.assigned_session_id).toBe(session);
  await startTask(on.engine, worker as never, first);
  await on.sessionReports(session as never, "working");
  await completeTask(on.engine, worker as never, first, finished);
  const second = await on.addTask(project);
  await on.settled();
  expect([await statusOf(on, second), starts()]).toEqual(["assigned", [session]]);
  await on.sessionEnds(session as string);
  await on.settled();
  expect(starts()).toHaveLength(2);
});

test("the cascade itself passes over servers that drain or could not start the task, as the matcher does", async () => {
  await using database = await createTestDatabase();
  await using on = await openTestEngine(database.url);
  const where = await place(on);
  const { project, server, session } = where;
  const upstream = await begun(on, where);
  const tried = await on.addTask(project, { dependency_ids: [upstream] });
  const fresh = await on.addTask(project, { dependency_ids: [upstream] });
  await on.sql.query("update tasks set tried_servers = array[$2::uuid] where id = $1", [tried, server.id]);
  await completeTask(on.engine, session, upstream, finished);
  await on.settled();
  expect([await statusOf(on, tried), await statusOf(on, fresh)]).toEqual(["pending", "assigned"]);
  const other = await on.addServer(project);
  on.engine.matcher.wake(project);
  await on.settled();
  expect((await on.task(tried)).assigned_server_id).toBe(other.id);

  const next = await begun(on, where);
  const last = await on.addTask(project, { dependency_ids: [next] });
  await on.sql.query("update servers set draining = true where project_id = $1", [project]);
  // The picture does not know of it yet: the statement that assigns does.
  await completeTask(on.engine, session, next, finished);
  await on.settled();
  expect(await statusOf(on, last)).toBe("pending");
});

test("an old task of a low priority is not overtaken for ever by what completions unblock", async () => {
  await using database = await createTestDatabase();
  await using on = await openTestEngine(database.url);
  const where = await place(on, 1);
  const { project, session } = where;
  const first = await begun(on, where);
  const next = await on.addTask(project, { dependency_ids: [first], priority: "high" });
  const old = await on.addTask(project, { priority: "low" });
  await on.sql.query("update tasks set eligible_at = now() - interval '61 minutes' where id = $1", [old]);
  await completeTask(on.engine, session, first, finished);
  await on.settled();
  expect([await statusOf(on, next), await statusOf(on, old)]).toEqual(["pending", "assigned"]);
});

test("a task that changed after its server was chosen is not placed on what was read before", async () => {
  await using database = await createTestDatabase();
  await using on = await openTestEngine(database.url);
  const { project, server } = await place(on);
  const task = await on.addTask(project, { auto_assign: false });
  await on.settled();
  await on.sql.query("update tasks set auto_assign = true where id = $1", [task]);
  // The matcher has read the row and waits for its lock, while somebody asks for another server.
  const claim = async () => {
    on.engine.matcher.wake(project);
    await on.engine.matcher.settled();
  };
  await on.race(
    `update tasks set requirements = requirements || '{"repo": "elsewhere"}', version = version + 1 where id = $1`,
    [task],
    [claim],
  );
  await on.settled();
  expect(await statusOf(on, task)).toBe("pending");
  await assignTask(on.engine, SYSTEM, task, { server_id: server.id as ServerId });
});
