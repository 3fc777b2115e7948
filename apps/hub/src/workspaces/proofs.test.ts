import { Completion } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { readPictures } from "../tasks/completion-picture.ts";
import { onProject } from "../tasks/move.ts";
import { requeueLocked } from "../tasks/requeue-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { until } from "../testing/until.ts";
import { type Asked, checkedOut, diff, ended, started } from "../testing/workspace-daemon.ts";
import { keepDiffLater } from "./keep-diff.ts";
import { ProofWanted } from "./proof.ts";
import { Proofs } from "./proofs.ts";
import { taskDiff } from "./task-diff.ts";

const delivered = Completion.parse({ result: { summary: "done" } });

/** The server's daemon is back; what it is asked from now on, and how it answers. */
function comesBack(hub: TestEngine, serverId: Parameters<TestEngine["connect"]>[0]) {
  const asked: Asked[] = [];
  hub.connect(serverId, (frame) => "request_id" in frame && asked.push(frame), { version: 2 });
  return {
    run: async () => {
      await until(() => asked.some(({ type }) => type === "evidence_run"));
      return asked.find(({ type }) => type === "evidence_run") as Asked;
    },
    passes: ({ request_id }: Asked) =>
      hub.engine.workspaces.received(serverId, {
        type: "evidence_result",
        request_id,
        ok: true,
        results: [ended("npm test", 0)],
      }),
  };
}

test("a daemon that is killed while it verifies loses no completion: the commands run again when it is back", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, session, asked, server, prints } = await started(hub, { verify_commands: ["npm test"] });
  const completing = completeTask(hub.engine, session, id, delivered);
  prints(await asked("evidence_run"), 0, "half a line");
  hub.disconnect(server.id);
  const back = comesBack(hub, server.id);
  back.passes(await back.run());
  await completing;
  expect(await hub.task(id)).toMatchObject({ status: "done" });
});

test("a completion that finds its daemon away waits for it too", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, session, server } = await started(hub, { verify_commands: ["npm test"] });
  hub.disconnect(server.id);
  const completing = completeTask(hub.engine, session, id, delivered);
  await hub.engine.writers.settled();
  const back = comesBack(hub, server.id);
  back.passes(await back.run());
  await completing;
  expect(await hub.task(id)).toMatchObject({ status: "done" });
});

test("a daemon that does not come back, or goes away each time, refuses the completion in the end; the task goes on", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, session, server } = await started(hub, { verify_commands: ["npm test"] });
  const picture = (await readPictures(hub.sql, [id])).get(id);
  if (!picture) throw new Error("no such task");
  hub.disconnect(server.id);
  using impatient = new Proofs(() => hub.engine, hub.sessionHub.connections, 20);
  await expect(impatient.take(new ProofWanted(session, picture, session.id))).rejects.toMatchObject({
    code: "evidence_failed",
    detail: expect.stringContaining("could not be run"),
  });

  const completing = completeTask(hub.engine, session, id, delivered);
  const refused = expect(completing).rejects.toMatchObject({
    code: "evidence_failed",
    detail: expect.stringContaining("went away"),
  });
  for (let life = 0; life < 3; life += 1) {
    await comesBack(hub, server.id).run();
    hub.disconnect(server.id);
  }
  await refused;
  expect(await hub.task(id)).toMatchObject({ status: "running" });
});

test("a completion that finds its daemon away goes through, and what it changed is kept when the daemon is back", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await started(hub, {});
  const { id, session, server } = daemon;
  await checkedOut(hub, daemon);
  hub.disconnect(server.id);
  await completeTask(hub.engine, session, id, delivered);
  expect(await hub.task(id)).toMatchObject({ status: "done" });
  const asked: Asked[] = [];
  hub.connect(server.id, (frame) => "request_id" in frame && asked.push(frame), { version: 2 });
  await until(() => asked.some(({ type }) => type === "workspace_diff"));
  const { request_id } = asked.find(({ type }) => type === "workspace_diff") as Asked;
  hub.engine.workspaces.received(server.id, { type: "workspace_result", request_id, ok: true, diff });
  const kept = () => hub.sql.query("select epoch from engine.task_diffs where task_id = $1 and diff <> 'null'", [id]);
  await until(async () => (await kept()).length === 1);
  expect(await kept()).toEqual([{ epoch: 1 }]);
});

test("a diff that is missing is asked for by the next hub as well, once", async () => {
  await using database = await createTestDatabase();
  const before = await openTestEngine(database.url);
  const daemon = await started(before, {});
  const { id, session, server } = daemon;
  await checkedOut(before, daemon);
  before.disconnect(server.id);
  await completeTask(before.engine, session, id, delivered);
  await before[Symbol.asyncDispose]();

  await using hub = await openTestEngine(database.url);
  await expect(taskDiff(hub.engine, id, "completion")).rejects.toMatchObject({ code: "diff_not_found" });
  const asked: Asked[] = [];
  hub.connect(server.id, (frame) => "request_id" in frame && asked.push(frame), { version: 2 });
  await until(() => asked.some(({ type }) => type === "workspace_diff"));
  const { request_id } = asked.find(({ type }) => type === "workspace_diff") as Asked;
  hub.engine.workspaces.received(server.id, { type: "workspace_result", request_id, ok: true, diff });
  await hub.settled();
  expect(await taskDiff(hub.engine, id, undefined)).toMatchObject({ source: "completion" });
  await hub.engine.rederive();
  await hub.settled();
  expect(asked.filter(({ type }) => type === "workspace_diff")).toHaveLength(1);
});

test("a daemon that comes back and has no diff is asked once", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await started(hub, {});
  const { id, session, server } = daemon;
  await checkedOut(hub, daemon);
  hub.disconnect(server.id);
  await completeTask(hub.engine, session, id, delivered);
  const asked: Asked[] = [];
  hub.connect(server.id, (frame) => "request_id" in frame && asked.push(frame), { version: 2 });
  await until(() => asked.length === 1);
  const [{ request_id }] = asked as [Asked];
  hub.engine.workspaces.received(server.id, { type: "workspace_result", request_id, ok: false, error: "No commits." });
  await hub.settled();
  await hub.engine.rederive();
  await hub.settled();
  expect(asked).toHaveLength(1);
});

test("a worker believed lost that hands its work in after all hands in its diff with it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await started(hub, { require_review: true, auto_start_sessions: false });
  const { id, session, asked, says } = daemon;
  await checkedOut(hub, daemon);
  const lost = { by: "reaper", reason: "its worker is lost" } as const;
  await onProject(hub.engine, id, (tx, task) => requeueLocked(tx, SYSTEM, task, lost));
  await hub.sql.query("update tasks set auto_assign = false, version = version + 1 where id = $1", [id]);
  const completing = completeTask(hub.engine, session, id, delivered);
  const { request_id } = await asked("workspace_diff");
  says({ type: "workspace_result", request_id, ok: true, diff });
  await completing;
  expect(await hub.task(id)).toMatchObject({ status: "review", epoch: 3 });
  expect(await taskDiff(hub.engine, id, undefined)).toMatchObject({ source: "completion" });
});

test("a diff that comes when the work has gone on is none of the completion", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, server, asked, says } = await started(hub, {});
  const picture = (await readPictures(hub.sql, [id])).get(id);
  if (!picture) throw new Error("no such task");
  await hub.sql.query(
    "insert into engine.task_diffs (task_id, project_id, epoch, diff) select id, project_id, epoch, 'null' from tasks",
  );
  const keeping = keepDiffLater(hub.engine, picture, server.id);
  const { request_id } = await asked("workspace_diff");
  says({ type: "workspace_result", request_id, ok: true, diff });
  await keeping;
  expect(await hub.sql.query("select diff from engine.task_diffs where task_id = $1", [id])).toEqual([{ diff: null }]);
});

test("a hub that stops while commands run says to try again, and the next one runs them anew", async () => {
  await using database = await createTestDatabase();
  const before = await openTestEngine(database.url);
  const { id, session, asked, server } = await started(before, { verify_commands: ["npm test"] });
  const stopped = expect(completeTask(before.engine, session, id, delivered)).rejects.toMatchObject({
    code: "shutting_down",
  });
  await asked("evidence_run");
  await before[Symbol.asyncDispose]();
  await stopped;

  await using after = await openTestEngine(database.url);
  await after.loadSessions();
  const completing = completeTask(after.engine, session, id, delivered);
  const back = comesBack(after, server.id);
  back.passes(await back.run());
  await completing;
  expect(await after.task(id)).toMatchObject({ status: "done" });
});
