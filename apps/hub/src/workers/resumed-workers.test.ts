import type { AgentStatus } from "@orchestratia/domain/vocabulary";
import type { SessionId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { closeSession } from "../sessions/close-session.ts";
import { sessionEnded } from "../sessions/session-status.ts";
import { startSession } from "../sessions/start-session.ts";
import { assignTask } from "../tasks/assign-task.ts";
import { completionFold } from "../tasks/complete-task.ts";
import type { Engine } from "../tasks/engine.ts";
import { ProjectWriters } from "../tasks/project-writer.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { ADA, answer, lease, openQuestions, pass, type Stage, stage } from "../testing/worker-stage.ts";
import { resumeLostWorkers } from "./resume-lost.ts";

/** A worker whose daemon speaks version 2, which alone knows conversations. */
async function exactStage(hub: TestEngine, settings: Record<string, unknown> = {}, task = {}): Promise<Stage> {
  const on = await stage(hub, settings, task);
  on.server = hub.connect(on.server.id, () => {}, { version: 2 });
  return on;
}

const resumers = ({ hub, task }: Stage) =>
  hub.sql.query<{ id: SessionId; resumes: string; status: string; working_directory: string | null; agent: string }>(
    "select id, resumes, status, working_directory, agent from sessions where task_id = $1 and resumes is not null order by created_at",
    [task],
  );

async function dies(on: Stage, id: string, exitCode: number | null = 137): Promise<void> {
  const session = on.hub.sessions.get(id);
  if (!session) throw new Error("it has ended before");
  await sessionEnded(on.hub.sessionHub, session, { status: "closed", exitCode });
  await on.hub.settled();
}

async function reports({ hub }: Stage, id: SessionId, status: AgentStatus): Promise<void> {
  await hub.sessionReports(id, status);
  await hub.settled();
}

test("whose program died goes on in a new session with its conversation, in the same folder, before anybody is asked", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await exactStage(hub, {}, { auto_assign: false });
  await dies(on, on.worker.id);
  expect(await resumers(on)).toEqual([]);
  await pass(on, 31);
  const [next] = await resumers(on);
  expect(next).toMatchObject({ resumes: on.worker.id, status: "starting", working_directory: "/srv", agent: "claude" });
  expect(on.server.frames).toContainEqual(
    expect.objectContaining({ type: "session_start", session_id: next?.id, resumes: on.worker.id }),
  );
  expect(await hub.task(on.task)).toMatchObject({ status: "running", attempt: 1 });
  // Its start takes a while; nobody is asked meanwhile, and nothing else is started.
  await reports(on, next?.id as SessionId, "working");
  await pass(on, 31);
  expect(await openQuestions(on)).toEqual([]);
  expect(await resumers(on)).toHaveLength(1);

  await reports(on, next?.id as SessionId, "idle");
  expect(await hub.task(on.task)).toMatchObject({ status: "assigned", attempt: 2, assigned_session_id: next?.id });
  expect(on.server.frames).toContainEqual(expect.objectContaining({ type: "task_assigned", session_id: next?.id }));
});

test("nothing else is given to the session that goes on before it has its task", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  await hub.engine.start();
  const on = await exactStage(hub);
  await dies(on, on.worker.id);
  await pass(on, 31);
  const [next] = await resumers(on);
  await reports(on, next?.id as SessionId, "working");
  const other = await hub.addTask(on.project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, other, { server_id: on.server.id });
  await hub.engine.rederive();
  await reports(on, next?.id as SessionId, "idle");
  expect(await hub.task(other)).toMatchObject({ status: "assigned", delivered_at: null });
  expect(await hub.task(on.task)).toMatchObject({ status: "assigned", assigned_session_id: next?.id });
});

test("a start that fails leaves the task to the project's policy, and is not tried again", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await exactStage(hub);
  await dies(on, on.worker.id);
  await pass(on, 31);
  const [next] = await resumers(on);
  await hub.sessionEnds(String(next?.id), "the conversation of that session is not known here any more");
  await hub.settled();
  await pass(on, 31);
  expect(await openQuestions(on)).toMatchObject([{ cause: "worker_lost" }]);
  await answer(on, "Wait");
  await pass(on, 601);
  expect(await openQuestions(on)).toMatchObject([{ cause: "worker_lost" }]);
  expect(await resumers(on)).toHaveLength(1);
});

test("a start that is refused leaves the task to the project's policy at once", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await exactStage(hub);
  await hub.sql.query("update servers set capabilities = $2 where id = $1", [on.server.id, { remote: ["read"] }]);
  await dies(on, on.worker.id);
  await pass(on, 31);
  expect(await openQuestions(on)).toMatchObject([{ cause: "worker_lost" }]);
  await answer(on, "Wait");
  await pass(on, 31);
  expect(await openQuestions(on)).toEqual([]);
  await pass(on, 601);
  expect(await openQuestions(on)).toMatchObject([{ cause: "worker_lost" }]);
  expect(await resumers(on)).toEqual([]);
});

test("an agent that dies again and again is gone on with twice in an hour", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await exactStage(hub);
  let worker = on.worker;
  for (const times of [1, 2]) {
    await dies(on, worker.id);
    await pass(on, 31);
    const all = await resumers(on);
    expect(all).toHaveLength(times);
    const next = all.at(-1);
    await reports(on, next?.id as SessionId, "idle");
    worker = { ...worker, id: next?.id as SessionId };
    await startTask(hub.engine, worker, on.task);
  }
  await dies(on, worker.id);
  await pass(on, 31);
  expect(await resumers(on)).toHaveLength(2);
  expect(await openQuestions(on)).toMatchObject([{ cause: "worker_lost" }]);
  await hub.sql.query("update sessions set created_at = created_at - interval '1 hour' where resumes is not null");
  await pass(on, 31);
  expect(await resumers(on)).toHaveLength(3);
});

test.each([
  ["left by itself", {}, (on: Stage) => dies(on, on.worker.id, 0)],
  [
    "was closed by a person",
    {},
    async (on: Stage) => {
      await closeSession(on.hub.sessionHub, ADA, on.worker.id);
      await dies(on, on.worker.id, 129);
    },
  ],
  [
    "was closed by a person before the hub began anew",
    {},
    async (on: Stage) => {
      await closeSession(on.hub.sessionHub, ADA, on.worker.id);
      await on.hub.loadSessions();
      await dies(on, on.worker.id, 129);
    },
  ],
  ["the project fails such tasks", { on_worker_lost: "fail" }, (on: Stage) => dies(on, on.worker.id)],
  [
    "its daemon speaks version 1",
    {},
    async (on: Stage) => {
      on.hub.connect(on.server.id);
      await dies(on, on.worker.id);
    },
  ],
] as const)("no session is started for a worker when %s", async (_, settings, ends) => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await exactStage(hub, settings);
  await ends(on);
  await pass(on, 31);
  expect(await resumers(on)).toEqual([]);
  expect((await lease(on)).closed_at === null).toBe(!("on_worker_lost" in settings));
});

test("a server that comes back after people were asked goes on, and the question is withdrawn", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await exactStage(hub);
  hub.disconnect(on.server.id);
  await dies(on, on.worker.id);
  await pass(on, 31);
  expect(await openQuestions(on)).toHaveLength(1);
  expect(await resumers(on)).toEqual([]);
  on.server = hub.connect(on.server.id, () => {}, { version: 2 });
  await hub.engine.rederive();
  const [next] = await resumers(on);
  await reports(on, next?.id as SessionId, "idle");
  expect(await hub.task(on.task)).toMatchObject({ status: "assigned", assigned_session_id: next?.id });
  expect(await openQuestions(on)).toEqual([]);
});

test("somebody who reassigns while the session starts wins, and the session is closed", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await exactStage(hub);
  hub.disconnect(on.server.id);
  await dies(on, on.worker.id);
  await pass(on, 31);
  on.server = hub.connect(on.server.id, () => {}, { version: 2 });
  await hub.engine.rederive();
  const [next] = await resumers(on);
  await reports(on, next?.id as SessionId, "working");
  const other = await hub.addSession(on.project, on.server, "claude");
  await answer(on, "Reassign");
  await assignTask(hub.engine, ADA, on.task, { session_id: other.id });
  await reports(on, next?.id as SessionId, "idle");
  expect(await hub.task(on.task)).toMatchObject({ assigned_session_id: other.id, attempt: 2 });
  expect(on.server.frames).toContainEqual({ type: "session_close", session_id: next?.id });
});

test("two engines that find the same lost worker start one session", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await exactStage(hub);
  await dies(on, on.worker.id);
  const links = {
    ...hub.sessionHub,
    startSession: (start: Parameters<typeof startSession>[1]) => startSession(hub.sessionHub, start),
  };
  const resume = async () => {
    // In one queue of the project they would not meet.
    const beside: Engine = { ...hub.engine, writers: new ProjectWriters(completionFold(() => beside)) };
    await hub.sql.query("update engine.leases set act_at = now() where task_id = $1", [on.task]);
    await resumeLostWorkers(beside, links);
  };
  await hub.race("select from tasks where id = $1 for update", [on.task], [resume, resume]);
  await hub.settled();
  expect(await resumers(on)).toHaveLength(1);
});

test("a person who resumes the session is not overtaken, and nobody resumes it twice", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await exactStage(hub);
  await dies(on, on.worker.id);
  const byHand = {
    caller: ADA,
    projectId: on.project,
    serverId: on.server.id,
    agent: "claude",
    resumes: on.worker.id,
    startedByHub: false,
  };
  const outcomes = await hub.race(
    "select from sessions where id = $1 for update",
    [on.worker.id],
    [() => startSession(hub.sessionHub, byHand), () => startSession(hub.sessionHub, byHand)],
  );
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "session_live" } });
  await pass(on, 31);
  expect(await openQuestions(on)).toMatchObject([{ cause: "worker_lost" }]);
});
