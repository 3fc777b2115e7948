import { randomUUID } from "node:crypto";
import type { HubClient } from "@orchestratia/client/http";
import * as agents from "@orchestratia/protocol/operations/agents";
import * as rules from "@orchestratia/protocol/operations/approval-rules";
import * as people from "@orchestratia/protocol/operations/people";
import * as tools from "@orchestratia/protocol/operations/tool-requests";
import { readToolRequestContext } from "@orchestratia/protocol/tool-request-context";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addPerson } from "../testing/matrix-world.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusalCode, type TestAgent, type TestTeam } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";

let hub: TestHub;
let team: TestTeam;
beforeAll(async () => {
  hub = await startTestHub();
  team = await openTestTeam({ url: hub.url, admin: await hub.admin() });
});
afterAll(async () => {
  await team[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

/** As the daemon of the session asks. */
async function ask(session: TestAgent, command: unknown, more: { request_id?: string; timeout_seconds?: number } = {}) {
  const body = {
    request_id: randomUUID(),
    session_id: session.id,
    agent: "claude",
    tool_name: "Bash",
    tool_input: { command },
  };
  return team.server.call(tools.askForTool, { body: { ...body, ...more } });
}

const view = (request: string, wait = 0, client = team.server) =>
  client.call(tools.viewToolRequest, { params: { request }, query: { wait } });

async function interventionOf(session: TestAgent) {
  const { interventions } = await team.admin.call(people.listInterventions, {
    params: { project: team.project },
    query: { session_id: session.id },
  });
  const [newest] = interventions;
  if (!newest) throw new Error("nothing was asked");
  return newest;
}

async function answer(session: TestAgent, response: string, client: HubClient = team.admin) {
  const { id } = await interventionOf(session);
  const params = { project: team.project, intervention: id };
  return client.call(people.respondIntervention, { params, body: { response } });
}

const rulesOf = async () =>
  (await team.admin.call(rules.listApprovalRules, { params: { project: team.project } })).rules;

const person = async (role: "owner" | "member") => {
  const token = await addPerson(hub, "viewer", { project: team.project, role });
  return hub.client({ authorization: `Bearer ${token}` });
};

test("a tool about which no rule decides is put to people, and its task goes on", async () => {
  const session = await team.startAgent();
  const task = await team.give(await team.addTask(), session);
  await session.client.call(agents.agentStartTask, { params: { task: task.key } });
  const asked = await ask(session, "git push");
  expect(asked).toMatchObject({ status: "pending", reason: null });
  expect(await interventionOf(session)).toMatchObject({
    task_key: task.key,
    raised_by: "hub",
    intervention_type: "approval",
    urgency: "high",
    question: `${session.name} wants to use Bash: git push`,
    options: ["Allow once", "Allow always", "Deny"],
    cause: `tool_request:${asked.id}`,
  });
  const now = await session.client.call(agents.agentViewTask, { params: { task: task.key } });
  expect(now.status).toBe("running");
  await answer(session, "deny");
  expect(await view(asked.id)).toMatchObject({ status: "denied", reason: "Ada denied it." });
  expect((await interventionOf(session)).delivery).toBeNull();
});

test("a tool is denied with a reason, which its agent is told", async () => {
  const session = await team.startAgent();
  const { id } = await ask(session, "npm test");
  expect(await refusalCode(answer(session, `Deny: ${"x".repeat(1001)}`))).toBe("invalid_request");
  expect(await refusalCode(answer(session, "Allow once: because"))).toBe("invalid_request");
  await answer(session, "deny:  use pnpm, as the others do. ");
  expect(await view(id)).toMatchObject({ status: "denied", reason: "Ada denied it: use pnpm, as the others do." });
  expect((await interventionOf(session)).response).toBe("Deny: use pnpm, as the others do.");
});

test("whoever waits for the decision hears it at once", async () => {
  const session = await team.startAgent();
  const { id } = await ask(session, "ls");
  const waiting = view(id, 50);
  await answer(session, "Allow once");
  expect(await waiting).toMatchObject({ status: "allowed", reason: "Ada allowed it." });
  expect(await view(id, 50)).toMatchObject({ status: "allowed" });
});

test("asking again is the same request, also at once", async () => {
  const session = await team.startAgent();
  const id = randomUUID();
  const answers = await Promise.all([1, 2, 3, 4].map(() => ask(session, "ls", { request_id: id })));
  expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
  const query = { session_id: session.id };
  const params = { project: team.project };
  expect((await team.admin.call(people.listInterventions, { params, query })).interventions).toHaveLength(1);
});

test("a session asks with its own token, and hears of no other's request", async () => {
  const [session, other] = [await team.startAgent(), await team.startAgent()];
  const body = { request_id: randomUUID(), agent: "claude", tool_name: "Bash", tool_input: { command: "ls" } };
  const asOther = session.client.call(tools.askForTool, { body: { ...body, session_id: other.id } });
  expect(await refusalCode(asOther)).toBe("session_not_found");
  const { id } = await session.client.call(tools.askForTool, { body });
  expect((await interventionOf(session)).cause).toBe(`tool_request:${id}`);
  expect((await view(id, 0, session.client)).status).toBe("pending");
  expect(await refusalCode(view(id, 0, other.client))).toBe("tool_request_not_found");
  const again = other.client.call(tools.askForTool, { body });
  expect(await refusalCode(again)).toBe("tool_request_not_found");
  const withdrawn = other.client.call(tools.withdrawToolRequest, { params: { request: id } });
  expect(await refusalCode(withdrawn)).toBe("tool_request_not_found");
  // Nor may an agent answer, its own or another's.
  const orchestrator = await team.startAgent("orchestrator");
  const { id: intervention } = await interventionOf(session);
  const answered = orchestrator.client.call(agents.agentRespondIntervention, {
    params: { intervention },
    body: { response: "Allow once" },
  });
  expect(await refusalCode(answered)).toBe("human_only");
});

test("only open sessions of the server can be asked for, and not for ever more tools", async () => {
  const session = await team.startAgent();
  const elsewhere = await openTestTeam({ url: hub.url, admin: team.admin });
  const foreign = await elsewhere.startAgent();
  expect(await refusalCode(ask(foreign, "ls"))).toBe("session_not_found");
  expect(await refusalCode(ask({ ...session, id: randomUUID() as TestAgent["id"] }, "ls"))).toBe("session_not_found");
  await elsewhere[Symbol.asyncDispose]();
  for (let n = 0; n < 20; n += 1) await ask(session, `ls ${n}`);
  expect(await refusalCode(ask(session, "ls"))).toBe("too_many_requests");
});

test("“allow always” makes a rule for the server and the agent, and the daemon is told", async () => {
  const session = await team.startAgent();
  await ask(session, "npm test && git push origin main");
  await answer(session, "Allow always", await person("owner"));
  const made = (await rulesOf()).sort((a, b) => a.name.localeCompare(b.name));
  expect(made).toMatchObject(
    ["git push origin main", "npm test"].map((param_pattern) => ({
      tool_pattern: "Bash",
      param_pattern,
      action: "allow",
      server_id: team.daemon.serverId,
      agents: ["claude"],
    })),
  );
  await team.daemon.next("approval_rules_updated");
  // What a rule decides now is not asked for again.
  await ask(session, "npm test; ls");
  expect((await interventionOf(session)).question).toBe(`${session.name} wants to use Bash: ls`);
});

test("who administers nothing may allow it once, not always, and the question stays open", async () => {
  const session = await team.startAgent();
  const { id } = await ask(session, "make");
  const member = await person("member");
  expect(await refusalCode(answer(session, "Allow always", member))).toBe("forbidden");
  expect(await view(id)).toMatchObject({ status: "pending" });
  expect((await rulesOf()).filter(({ param_pattern }) => param_pattern === "make")).toEqual([]);
  await answer(session, "Allow once", member);
  expect(await view(id)).toMatchObject({ status: "allowed" });
});

test("what a pattern would say too widely can only be allowed once", async () => {
  const session = await team.startAgent();
  for (const command of ["rm *.ts", "echo $HOME", "case x in x) a;; esac", "ls; rm *", { odd: true }]) {
    await ask(session, command);
    expect((await interventionOf(session)).options).toEqual(["Allow once", "Deny"]);
  }
  expect(await refusalCode(answer(session, "Allow always"))).toBe("invalid_request");
});

test("nobody's answer in time is a denial, and nothing of it is typed into the session", async () => {
  const session = await team.startAgent();
  const { id } = await ask(session, "ls", { timeout_seconds: 1 });
  const waiting = view(id, 50);
  await hub.database.sql.query("update interventions set timeout_at = now() - interval '1 s' where cause = $1", [
    `tool_request:${id}`,
  ]);
  await hub.hub.engine.rederive();
  expect(await waiting).toMatchObject({ status: "expired", reason: "Denied: nobody answered in time." });
  expect(await interventionOf(session)).toMatchObject({ status: "expired", delivery: null });
  expect(team.daemon.frames.filter(({ type }) => type === "intervention_response")).toEqual([]);
});

test("what nobody waits for is withdrawn, and what was decided stays", async () => {
  const session = await team.startAgent();
  const { id } = await ask(session, "ls");
  const withdraw = (request: string) => team.server.call(tools.withdrawToolRequest, { params: { request } });
  expect((await withdraw(id)).status).toBe("cancelled");
  expect((await interventionOf(session)).status).toBe("cancelled");
  const decided = await ask(session, "ls");
  await answer(session, "Allow once");
  expect((await withdraw(decided.id)).status).toBe("allowed");
});

test("an agent that waits for that decision is not asked about a second time", async () => {
  const session = await team.startAgent();
  const { id } = await ask(session, "ls");
  const waiting = { for: "permission", text: "Bash: ls" } as const;
  const which = { params: { project: team.project, session: session.id } };
  const status = async () => (await team.admin.call(people.viewSession, which)).agent_status;
  team.daemon.send({ type: "session_status", session_id: session.id, agent_status: "waiting", waiting });
  await until(async () => (await status()) === "waiting");
  const params = { project: team.project };
  const query = { session_id: session.id };
  const asked = async () => (await team.admin.call(people.listInterventions, { params, query })).interventions;
  expect((await asked()).map(({ cause }) => cause)).toEqual([`tool_request:${id}`]);
  // A prompt that is not ours is put to people.
  await answer(session, "Deny");
  const own = { for: "permission", text: "Another" } as const;
  team.daemon.send({ type: "session_status", session_id: session.id, agent_status: "waiting", waiting: own });
  await until(async () => (await asked()).length === 2);
});

test("what people are shown hides nothing", async () => {
  const session = await team.startAgent();
  await ask(session, "echo '\u202e' # \u200b");
  const { question, context } = await interventionOf(session);
  expect(readToolRequestContext(context ?? "")).toMatchObject({
    tool: "Bash",
    agent: "claude",
    input: { command: "echo '\u202e' # \u200b" },
    // What cannot be seen cannot be allowed for good.
    rules: [],
  });
  expect(question + context).not.toMatch(/[\u202e\u200b]/u);
  expect(context).toContain("\\u{202e}");
  await ask(session, "x".repeat(100_000));
  expect((await interventionOf(session)).context).toMatch(/^Not shown: the last \d{5} characters$/m);
});

test("every decision of a hook is kept once, however often it is sent", async () => {
  const session = await team.startAgent();
  const entry = { id: randomUUID(), session_id: session.id, tool_name: "Bash", tool_input: {}, decision: "denied" };
  const log = () => team.server.call(rules.logPermissions, { body: { entries: [entry] } });
  expect(await log()).toEqual({ kept: 1 });
  expect(await log()).toEqual({ kept: 0 });
});

test("a rule may say that people are to be asked; a version 1 hook reads it before what allows", async () => {
  const params = { project: team.project };
  const rule = { name: "push", tool_pattern: "Bash", param_pattern: "git push*" };
  await team.admin.call(rules.createApprovalRule, { params, body: { ...rule, action: "ask" } });
  const read = await team.server.call(rules.readApprovalRules);
  expect(read[0]).toMatchObject({ action: "ask", param_pattern: "git push*" });
  const session = await team.startAgent();
  await ask(session, "git push --force");
  // A rule that allows would be of no use beside one that asks.
  expect((await interventionOf(session)).options).toEqual(["Allow once", "Deny"]);
});

test("the hub lets those who wait go when it stops", async () => {
  const own = await startTestHub();
  const admin = await own.admin();
  await using there = await openTestTeam({ url: own.url, admin });
  const session = await there.startAgent();
  const body = { request_id: randomUUID(), session_id: session.id, agent: "claude", tool_name: "Bash", tool_input: {} };
  await there.server.call(tools.askForTool, { body });
  let isHeard = false;
  const waiting = there.server
    .call(tools.viewToolRequest, { params: { request: body.request_id }, query: { wait: 50 } })
    .then(
      () => "answered",
      () => "refused",
    )
    .finally(() => {
      isHeard = true;
    });
  const now = { params: { request: body.request_id }, query: { wait: 0 } };
  await until(async () => (await there.server.call(tools.viewToolRequest, now)).status === "pending");
  const started = Date.now();
  await own[Symbol.asyncDispose]();
  expect(["answered", "refused"]).toContain(await waiting);
  expect(isHeard).toBe(true);
  expect(Date.now() - started).toBeLessThan(20_000);
});
