import { Completion } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { placeTask } from "../epics/place-task.ts";
import { assignTask } from "../tasks/assign-task.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { reopenTask } from "../tasks/reopen-task.ts";
import { retryTask } from "../tasks/retry-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { addDependency } from "./add-dependency.ts";

async function team(hub: TestEngine) {
  const project = await hub.addProject({ auto_start_sessions: false });
  const server = await hub.addServer(project, { max: 10 });
  const add = (task: Record<string, unknown> = {}) => hub.addTask(project, { auto_assign: false, ...task });
  return {
    add,
    key: async (id: string) => (await hub.task(id)).key as string,
    after: (id: string) => add({ dependency_ids: [id] }),
    depend: (id: string, upstream: string) =>
      addDependency(hub.engine, SYSTEM, id, { depends_on_task_id: upstream as never, dependency_type: "blocks" }),
    async finish(id: string) {
      const session = await hub.addSession(project, server);
      await assignTask(hub.engine, SYSTEM, id, { session_id: session.id });
      await startTask(hub.engine, session, id);
      await completeTask(hub.engine, session, id, Completion.parse({ result: "done" }));
      await hub.settled();
    },
  };
}

test("no circle through a done task: opened again, it would wait for what waits for it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { add, after, key, depend, finish } = await team(hub);
  const first = await add();
  const middle = await after(first);
  const last = await after(middle);
  await finish(first);
  await finish(middle);
  await reopenTask(hub.engine, SYSTEM, first);
  await expect(depend(first, last)).rejects.toMatchObject({
    code: "dependency_cycle",
    members: { path: [await key(first), await key(last), await key(middle), await key(first)] },
  });
  await reopenTask(hub.engine, SYSTEM, middle);
  expect(await hub.task(first)).toMatchObject({ status: "pending", blockers: 0 });
});

test("no circle through a cancelled child: tried again, its epic would wait for it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { add, after, depend } = await team(hub);
  const epic = await add({ type: "epic" });
  const other = await add();
  const child = await add({ parent_id: epic, dependency_ids: [other] });
  await cancelTask(hub.engine, SYSTEM, child);
  await expect(depend(other, epic)).rejects.toMatchObject({ code: "dependency_cycle" });

  const late = await after(epic);
  const stray = await after(late);
  await cancelTask(hub.engine, SYSTEM, stray);
  await expect(placeTask(hub.engine, SYSTEM, stray, { parentId: epic })).rejects.toMatchObject({
    code: "dependency_cycle",
  });
});

test("no circle through a cancelled epic: it takes its children up again when it is tried again", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { add, after, depend } = await team(hub);
  const epic = await add({ type: "epic" });
  const child = await add({ parent_id: epic });
  const late = await after(epic);
  await cancelTask(hub.engine, SYSTEM, epic);
  await retryTask(hub.engine, SYSTEM, child);
  await expect(depend(child, late)).rejects.toMatchObject({ code: "dependency_cycle" });
});
