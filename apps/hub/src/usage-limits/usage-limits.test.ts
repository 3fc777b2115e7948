import type { AgentWait } from "@orchestratia/protocol/agent-wait";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { diagnose } from "../doctor/diagnose.ts";
import { respondIntervention } from "../interventions/respond-intervention.ts";
import { statusReported } from "../sessions/session-screen.ts";
import { sessionEnded } from "../sessions/session-status.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { until } from "../testing/until.ts";
import { answer, openQuestions, pass, type Stage, stage } from "../testing/worker-stage.ts";

const inAnHour = (): AgentWait => ({
  for: "usage_limit",
  text: "You have reached your limit",
  resets_at: new Date(Date.now() + 3_600_000).toISOString(),
});

async function says(
  hub: TestEngine,
  sessionId: string,
  waiting: AgentWait | null,
  otherwise: "working" | "idle" = "working",
): Promise<void> {
  const session = hub.sessions.get(sessionId);
  if (!session) throw new Error("the session is gone");
  await statusReported(hub.sessionHub, session, waiting ? "waiting" : otherwise, waiting);
  await hub.settled();
  await hub.settled();
}

const explained = ({ hub, project, server }: Stage) =>
  hub.engine.fleet.read(project).then((servers) => servers.find(({ id }) => id === server.id)?.usageLimited);

test("a server whose agent has reached its limit is given nothing new until the limit is over", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  await hub.engine.start();
  const on = await stage(hub, { auto_start_sessions: true });
  await says(hub, on.worker.id, inAnHour());
  expect(await explained(on)).toBe(true);
  const waits = await hub.addTask(on.project, {});
  await hub.settled();
  expect(await hub.task(waits)).toMatchObject({ status: "pending" });
  const connectedServers = hub.sessionHub.connections.connected();
  const { findings } = await diagnose(hub.sql, { projectId: on.project, connectedServers, patienceSeconds: 0 });
  expect(findings).toContainEqual(expect.objectContaining({ code: "usage_limited" }));
  expect(await openQuestions(on)).toEqual([]);
  await says(hub, on.worker.id, null);
  expect(await explained(on)).toBe(false);
  await hub.engine.rederive();
  await hub.settled();
  expect(await hub.task(waits)).toMatchObject({ status: "assigned", assigned_server_id: on.server.id });
});

test("a limit whose time has passed counts no longer, and one agent's limit leaves the others", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub);
  await says(hub, on.worker.id, { ...inAnHour(), resets_at: new Date(Date.now() - 1_000).toISOString() });
  expect(await explained(on)).toBe(false);
  await says(hub, on.worker.id, inAnHour());
  await hub.sql.query("update servers set agents = agents || $2::jsonb where id = $1", [
    on.server.id,
    JSON.stringify([{ name: "codex", kind: "codex" }]),
  ]);
  expect(await explained(on)).toBe(false);
  await hub.sql.query("update projects set settings = settings || $2::jsonb where id = $1", [
    on.project,
    JSON.stringify({ default_agent: "claude" }),
  ]);
  expect(await explained(on)).toBe(true);
});

test("a limit outlives the session that reached it, for every registration of the machine, until its time or a sign that it is over", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const on = await stage(hub);
  on.server = hub.connect(on.server.id, () => {}, { version: 2 });
  const elsewhere = await hub.addProject();
  const beside = await hub.addServer(elsewhere, { agents: ["claude"] });
  await hub.sql.query("update servers set machine_id = 'one machine' where id = any($1)", [[on.server.id, beside.id]]);
  const other = await hub.addSession(elsewhere, beside, "claude");
  const areLimited = async () => [
    await explained(on),
    (await hub.engine.fleet.read(elsewhere)).every(({ usageLimited }) => usageLimited),
  ];
  await says(hub, on.worker.id, { for: "usage_limit", text: "You have reached your limit" });
  const session = hub.sessions.get(on.worker.id);
  if (!session) throw new Error("the session is gone");
  await sessionEnded(hub.sessionHub, session, { status: "closed", exitCode: 137 });
  expect(await areLimited()).toEqual([true, true]);
  // Nor is its own conversation gone on with meanwhile.
  await pass(on, 31);
  const resumed = "select from sessions where resumes = $1";
  expect(await hub.sql.query(resumed, [on.worker.id])).toEqual([]);

  await hub.sql.query("update sessions set limit_ends_at = limit_ends_at - interval '5 minutes'");
  expect(await areLimited()).toEqual([false, false]);
  await hub.sql.query("update sessions set limit_ends_at = limit_ends_at + interval '5 minutes'");
  await says(hub, other.id, inAnHour());
  await says(hub, other.id, null);
  expect(await areLimited()).toEqual([false, false]);
});

test("where the project moves such work, the task goes back to the queue with its next attempt", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  await hub.engine.start();
  const on = await stage(hub, { on_usage_limit: "move" });
  await says(hub, on.worker.id, inAnHour());
  expect(await hub.task(on.task)).toMatchObject({ status: "pending", attempt: 2, assigned_session_id: null });
});

test("where it asks, people wait, move or fail it, and the question goes when the limit is over", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  await hub.engine.start();
  const on = await stage(hub, { on_usage_limit: "ask" });
  await says(hub, on.worker.id, inAnHour());
  const [question] = await openQuestions(on);
  expect(question).toMatchObject({ cause: "usage_limit", options: ["Wait", "Give it to another worker", "Fail"] });
  await says(hub, on.worker.id, null);
  expect(await openQuestions(on)).toEqual([]);
  await says(hub, on.worker.id, inAnHour());
  const [again] = await openQuestions(on);
  await respondIntervention(hub.engine, SYSTEM, String(again?.id), "Fail");
  await hub.settled();
  expect(await hub.task(on.task)).toMatchObject({ status: "failed" });
});

test("who answers that it is to wait is asked again only at the next limit, and another answer is carried out", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  await hub.engine.start();
  const on = await stage(hub, { on_usage_limit: "ask" });
  await says(hub, on.worker.id, inAnHour());
  await answer(on, "Wait");
  await says(hub, on.worker.id, { ...inAnHour(), text: "Still at your limit" });
  await hub.engine.rederive();
  await hub.settled();
  expect(await openQuestions(on)).toEqual([]);
  expect(await hub.task(on.task)).toMatchObject({ status: "running" });

  await says(hub, on.worker.id, null);
  await says(hub, on.worker.id, inAnHour());
  expect(await openQuestions(on)).toHaveLength(1);
  await answer(on, "Give it to another worker");
  expect(await hub.task(on.task)).toMatchObject({ status: "pending", attempt: 2, assigned_session_id: null });
});

test("an agent that stands at its prompt when its limit is over is told once to go on with its task", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  await hub.engine.start();
  const on = await stage(hub);
  const told = () =>
    hub.sql.query("select content, urgent, session_id from task_notes where task_id = $1 order by id", [on.task]);
  await says(hub, on.worker.id, inAnHour());
  await says(hub, on.worker.id, null, "idle");
  const note = {
    content: expect.stringMatching(/^The usage limit is over: run "orchestratia task check" and go on with P\w+-1\.$/),
    urgent: false,
    session_id: on.worker.id,
  };
  expect(await told()).toEqual([note]);
  await until(() => on.server.frames.some((frame) => JSON.stringify(frame).includes("The usage limit is over")));
  await says(hub, on.worker.id, null, "working");
  await says(hub, on.worker.id, null, "idle");
  // One that goes on by itself is told nothing.
  await says(hub, on.worker.id, inAnHour());
  await says(hub, on.worker.id, null, "working");
  await says(hub, on.worker.id, null, "idle");
  expect(await told()).toHaveLength(1);
});
