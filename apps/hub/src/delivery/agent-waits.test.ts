import type { AgentWait } from "@orchestratia/protocol/agent-wait";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { respondIntervention } from "../interventions/respond-intervention.ts";
import { statusReported } from "../sessions/session-screen.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";

const prompt: AgentWait = { for: "permission", text: "Run rm -rf build?", options: ["Yes", "No"] };

/** A session without a task, on a server whose daemon speaks version 2. */
async function place(hub: TestEngine) {
  const project = await hub.addProject({ auto_start_sessions: false });
  const { id } = await hub.addServer(project, { agents: ["claude"] });
  const worker = await hub.addSession(project, { id, frames: [], heardAt: 0 }, "claude");
  const server = hub.connect(id, () => {}, { version: 2 });
  await hub.sessionReports(worker.id, "idle");
  const session = hub.sessions.get(worker.id);
  if (!session) throw new Error("the session is gone");
  return {
    worker,
    says: async (status: "waiting" | "working" | "idle", waiting: AgentWait | null = null) => {
      await statusReported(hub.sessionHub, session, status, waiting);
      await hub.settled();
    },
    answers: () => server.frames.flatMap((frame) => (frame.type === "prompt_answer" ? [frame] : [])),
    daemonSays: async (delivery_id: string, state: "delivered" | "failed") => {
      hub.engine.delivery.answered(id, { type: "delivery", delivery_id, session_id: worker.id, state });
      await hub.settled();
    },
    asked: () =>
      hub.sql.query<{ id: string; status: string; delivery: string | null; question: string }>(
        `select id, status, delivery, question, intervention_type, options, task_id from interventions
        where session_id = $1 order by created_at`,
        [worker.id],
      ),
  };
}

test("what an agent waits for is asked once, and the answer goes to the prompt and nowhere else", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { says, asked, answers, daemonSays, worker } = await place(hub);
  await says("waiting", prompt);
  await says("waiting", prompt);
  const [question, ...others] = await asked();
  expect(others).toEqual([]);
  expect(question).toMatchObject({
    status: "pending",
    question: `${hub.sessions.get(worker.id)?.name} asks for permission: Run rm -rf build?`,
    intervention_type: "approval",
    options: ["Yes", "No"],
    task_id: null,
  });
  await expect(respondIntervention(hub.engine, SYSTEM, String(question?.id), "Maybe")).rejects.toMatchObject({
    code: "invalid_request",
  });
  await respondIntervention(hub.engine, SYSTEM, String(question?.id), "yes");
  await hub.settled();
  expect(answers()).toMatchObject([{ session_id: worker.id, text: "Yes", delivery_id: `prompt:${question?.id}` }]);
  await daemonSays(`prompt:${question?.id}`, "delivered");
  await says("working");
  expect(await asked()).toMatchObject([{ status: "responded", delivery: "delivered" }]);
});

test("a prompt that goes away takes its question along, and another prompt is another question", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { says, asked } = await place(hub);
  await says("waiting", prompt);
  await says("waiting", { for: "question", text: "Which branch?" });
  expect(await asked()).toMatchObject([
    { status: "cancelled" },
    { status: "pending", intervention_type: "question", options: [] },
  ]);
  await says("idle");
  expect(await asked()).toMatchObject([{ status: "cancelled" }, { status: "cancelled" }]);
  await says("waiting", { for: "usage_limit", text: "Come back later" });
  expect(await asked()).toHaveLength(2);
});

test("an answer that comes when the agent waits for something else is not typed", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { says, asked, answers, daemonSays } = await place(hub);
  await says("waiting", prompt);
  const [question] = await asked();
  await respondIntervention(hub.engine, SYSTEM, String(question?.id), "No");
  await hub.settled();
  await daemonSays(`prompt:${question?.id}`, "failed");
  expect(await asked()).toMatchObject([{ delivery: "failed" }]);
  await says("waiting", { for: "question", text: "Which branch?" });
  await hub.engine.rederive();
  await hub.settled();
  expect(answers()).toHaveLength(1);
});
