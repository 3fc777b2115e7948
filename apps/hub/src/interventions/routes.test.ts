import * as agents from "@orchestratia/protocol/operations/agents";
import * as people from "@orchestratia/protocol/operations/people";
import * as tasks from "@orchestratia/protocol/operations/people-tasks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusal, refusalCode, type TestAgent, type TestTeam } from "../testing/test-team.ts";

let hub: TestHub;
let team: TestTeam;
let other: TestTeam;
let orchestrator: TestAgent;

beforeAll(async () => {
  hub = await startTestHub();
  const admin = await hub.admin();
  team = await openTestTeam({ url: hub.url, admin });
  other = await openTestTeam({ url: hub.url, admin });
  orchestrator = await team.startAgent("orchestrator");
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await team[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

async function ask(intervention_type: "help" | "question", where = team) {
  const worker = await where.startAgent();
  const task = await where.give(await where.addTask({ title: "Unclear" }), worker);
  const params = { task: task.key };
  await worker.client.call(agents.agentStartTask, { params });
  const body = { question: "Which way?", intervention_type, options: ["left", "right"] };
  const { intervention_id, status } = await worker.client.call(agents.agentHelpTask, { params, body });
  expect(status).toBe("pending");
  return { worker, task, id: intervention_id };
}

const answer = { response: "left" };
const asPerson = (intervention: string, where = team) =>
  where.admin.call(people.respondIntervention, { params: { project: where.project, intervention }, body: answer });
const asAgent = (agent: TestAgent, intervention: string) =>
  agent.client.call(agents.agentRespondIntervention, { params: { intervention }, body: answer });

test("a question is listed with its task, and a person answers it by the eight characters that lists print", async () => {
  const { task, id, worker } = await ask("help");
  const params = { project: team.project };
  const { interventions } = await team.admin.call(people.listInterventions, { params, query: { task_id: task.key } });
  expect(interventions).toEqual([
    expect.objectContaining({
      id,
      task_key: task.key,
      task_title: "Unclear",
      session_id: worker.id,
      raised_by: "worker",
      intervention_type: "help",
      status: "pending",
      question: "Which way?",
      options: ["left", "right"],
      responder: null,
    }),
  ]);
  const view = { params: { ...params, task: task.key } };
  expect(await team.admin.call(tasks.viewTask, view)).toMatchObject({
    status: "needs_human",
    waiting_for: "Waiting for an answer",
  });
  const answered = await asPerson(id.slice(0, 8));
  expect(answered).toMatchObject({ id, status: "responded", response: "left", responder: { type: "user" } });
  expect((await team.admin.call(tasks.viewTask, view)).status).toBe("running");
  expect(await refusalCode(asPerson(id))).toBe("intervention_settled");
});

test("lists filter by status and by task, newest first", async () => {
  const first = await ask("help");
  const second = await ask("question");
  await asPerson(first.id);
  const list = async (query = {}) =>
    (await orchestrator.client.call(agents.agentListInterventions, { query })).map(({ id }) => id);
  const all = await list();
  expect(all.slice(0, 2)).toEqual([second.id, first.id]);
  expect(await list({ status: "responded", task_id: first.task.id })).toEqual([first.id]);
  expect(await list({ status: "pending", task_id: first.task.id })).toEqual([]);
  const unknown = orchestrator.client.call(agents.agentListInterventions, { query: { task_id: "nothing" } });
  expect(await refusalCode(unknown)).toBe("task_not_found");
});

test("an orchestrator answers questions, help is for people, and a worker answers nothing", async () => {
  const question = await ask("question");
  const help = await ask("help");
  expect(await refusalCode(asAgent(question.worker, question.id))).toBe("forbidden");
  expect(await refusalCode(asAgent(orchestrator, help.id))).toBe("human_only");
  expect(await asAgent(orchestrator, question.id.slice(0, 8))).toMatchObject({
    status: "responded",
    responder: { type: "session", id: orchestrator.id },
  });
});

test("another project's question is not found", async () => {
  const { id } = await ask("question", other);
  expect(await refusalCode(asPerson(id))).toBe("intervention_not_found");
  expect(await refusalCode(asAgent(orchestrator, id))).toBe("intervention_not_found");
  expect(await refusalCode(asAgent(orchestrator, "nonsense"))).toBe("intervention_not_found");
  const { interventions } = await team.admin.call(people.listInterventions, { params: { project: team.project } });
  expect(interventions.map((intervention) => intervention.id)).not.toContain(id);
});

test("an ambiguous prefix names those it could be", async () => {
  const { task } = await ask("help");
  const ids = [1, 2].map((n) => `aaaabbbb-0000-4000-8000-00000000000${n}`);
  for (const id of ids) {
    await hub.database.sql.query(
      `insert into interventions (id, project_id, task_id, raised_by, intervention_type, question)
       values ($1, $2, $3, 'hub', 'approval', 'Really?')`,
      [id, team.project, task.id],
    );
  }
  const refused = await refusal(asPerson("aaaabbbb"));
  expect(refused?.code).toBe("intervention_ambiguous");
  expect(refused?.document.candidates).toEqual(ids.map((id) => ({ id, question: "Really?" })));
});
