import type { AgentWait } from "@orchestratia/protocol/agent-wait";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { diagnose } from "../doctor/diagnose.ts";
import { respondIntervention } from "../interventions/respond-intervention.ts";
import { statusReported } from "../sessions/session-screen.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { openQuestions, type Stage, stage } from "../testing/worker-stage.ts";

const inAnHour = (): AgentWait => ({
  for: "usage_limit",
  text: "You have reached your limit",
  resets_at: new Date(Date.now() + 3_600_000).toISOString(),
});

async function says(hub: TestEngine, sessionId: string, waiting: AgentWait | null): Promise<void> {
  const session = hub.sessions.get(sessionId);
  if (!session) throw new Error("the session is gone");
  await statusReported(hub.sessionHub, session, waiting ? "waiting" : "working", waiting);
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
