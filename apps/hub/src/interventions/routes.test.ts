import * as agents from "@orchestratia/protocol/operations/agents";
import * as one from "@orchestratia/protocol/operations/interventions";
import * as people from "@orchestratia/protocol/operations/people";
import * as tasks from "@orchestratia/protocol/operations/people-tasks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusal, refusalCode, type TestAgent, type TestTeam } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";

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

async function ask(intervention_type: "help" | "question" | "approval", where = team, more = {}) {
  const worker = await where.startAgent();
  const task = await where.give(await where.addTask({ title: "Unclear" }), worker);
  const params = { task: task.key };
  await worker.client.call(agents.agentStartTask, { params });
  const body = { question: "Which way?", intervention_type, options: ["left", "right"], ...more };
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

test("every filter leaves out what it should", async () => {
  const other = await openTestTeam({ url: hub.url, admin: team.admin });
  const help = await ask("help", other, { urgency: "high" });
  const question = await ask("question", other);
  await asPerson(question.id, other);
  const [raised] = await hub.database.sql.query<{ id: string }>(
    `insert into interventions (project_id, task_id, raised_by, intervention_type, question)
     values ($1, $2, 'hub', 'question', 'Really?') returning id`,
    [other.project, question.task.id],
  );
  const list = async (query: Record<string, string>) => {
    const call = other.admin.call(people.listInterventions, {
      params: { project: other.project },
      query: query as never,
    });
    return (await call).interventions.map(({ id }) => id).sort();
  };
  const ids = (...all: (string | undefined)[]) => all.map(String).sort();
  expect(await list({})).toEqual(ids(help.id, question.id, raised?.id));
  expect(await list({ status: "pending" })).toEqual(ids(help.id, raised?.id));
  expect(await list({ task_id: question.task.key })).toEqual(ids(question.id, raised?.id));
  expect(await list({ intervention_type: "question" })).toEqual(ids(question.id, raised?.id));
  expect(await list({ raised_by: "worker" })).toEqual(ids(help.id, question.id));
  expect(await list({ session_id: help.worker.id })).toEqual(ids(help.id));
  expect(await list({ urgency: "high" })).toEqual(ids(help.id));
  expect(await list({ status: "responded", raised_by: "hub" })).toEqual([]);
  await other[Symbol.asyncDispose]();
});

test("pages go on where the one before ended, also among those of one moment", async () => {
  const other = await openTestTeam({ url: hub.url, admin: team.admin });
  const task = await other.addTask();
  await hub.database.sql.query(
    `insert into interventions (project_id, task_id, raised_by, intervention_type, question, created_at)
     select $1, $2, 'hub', 'question', n::text, now() - (n / 2) * interval '1 s' from generate_series(1, 5) as n`,
    [other.project, task.id],
  );
  const params = { project: other.project };
  const page = (after?: string) =>
    other.admin.call(people.listInterventions, {
      params,
      query: { limit: 2, ...(after === undefined ? {} : { after }) },
    });
  const seen: string[] = [];
  let { interventions, next } = await page();
  for (;;) {
    seen.push(...interventions.map(({ id }) => id));
    if (next === null) break;
    expect(interventions).toHaveLength(2);
    ({ interventions, next } = await page(next));
  }
  const all = (await other.admin.call(people.listInterventions, { params, query: {} })).interventions;
  expect(seen).toEqual(all.map(({ id }) => id));
  expect(new Set(seen).size).toBe(5);
  expect(await refusalCode(page("nonsense"))).toBe("invalid_request");
  await other[Symbol.asyncDispose]();
});

test("one intervention is read by people and by agents of its project, by the beginning of its id", async () => {
  const { id, worker, task } = await ask("approval", team, { timeout_seconds: 60 });
  const params = { project: team.project, intervention: id.slice(0, 8) };
  const seen = await team.admin.call(one.viewIntervention, { params });
  expect(seen).toMatchObject({ id, task_key: task.key, status: "pending", cause: null });
  expect(Date.parse(seen.timeout_at ?? "") - Date.parse(seen.created_at)).toBe(60_000);
  const read = (agent: TestAgent) => agent.client.call(one.agentViewIntervention, { params: { intervention: id } });
  expect(await read(worker)).toMatchObject({ id, status: "pending" });
  const stranger = await other.startAgent();
  expect(await refusalCode(read(stranger))).toBe("intervention_not_found");
  expect(await refusalCode(asPerson(id).then(() => asPerson(id)))).toBe("intervention_settled");
  expect(await read(worker)).toMatchObject({ status: "responded", response: "left" });
});

test("an answer that is none of the options of an approval is refused with them", async () => {
  const { id } = await ask("approval", team, { options: ["ship it", "wait"] });
  const refused = await refusal(asPerson(id));
  expect(refused?.code).toBe("invalid_request");
  expect(refused?.document.options).toEqual(["ship it", "wait"]);
});

test("a person's answer to a question of the hub is carried out", async () => {
  const upstream = await team.addTask({ title: "Gone" });
  const waiting = await team.addTask({ dependency_ids: [upstream.id] });
  await team.admin.call(tasks.cancelTask, { params: { project: team.project, task: upstream.key } });
  const params = { project: team.project };
  const query = { task_id: waiting.key, raised_by: "hub" } as const;
  const asked = async () => (await team.admin.call(people.listInterventions, { params, query })).interventions;
  await until(async () => (await asked()).length > 0);
  const [question] = await asked();
  expect(question).toMatchObject({ cause: `upstream_failed:${upstream.id}`, status: "pending", timeout_at: null });
  const body = { response: "Drop the dependency" };
  await team.admin.call(people.respondIntervention, {
    params: { ...params, intervention: question?.id ?? "" },
    body,
  });
  const view = await team.admin.call(tasks.viewTask, { params: { ...params, task: waiting.key } });
  expect(view).toMatchObject({ blocked: false, blocked_by_failed: false, dependencies: [] });
});
