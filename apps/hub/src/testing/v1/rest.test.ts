import * as people from "@orchestratia/protocol/operations/people";
import * as peopleTasks from "@orchestratia/protocol/operations/people-tasks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../test-hub.ts";
import { until } from "../until.ts";
import { V1CliError } from "./v1-cli.ts";
import { AT_PROMPT, V1Stage } from "./v1-stage.ts";

let hub: TestHub;
let stage: V1Stage;
let daemon: Awaited<ReturnType<V1Stage["daemon"]>>;

beforeAll(async () => {
  hub = await startTestHub();
  stage = await V1Stage.open(hub);
  daemon = await stage.daemon();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

/** A worker of its own with the CLI in it. */
async function worker(name: string) {
  const session = await stage.worker(daemon, name);
  return {
    session,
    cli: stage.cli(daemon, session),
    async [Symbol.asyncDispose]() {
      daemon.exit(session.id);
      await stage.sessionIs(session.id, "closed");
    },
  };
}

const refused = async (call: Promise<unknown>): Promise<{ status: number; message: string }> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof V1CliError)) throw new Error(`no HTTP error came, but ${String(error)}`);
  return { status: error.status, message: error.message };
};

test("7.22 check shows every unsettled task of the session, also a running one; the list is newest first", async () => {
  await using one = await worker("check-one");
  await using other = await worker("check-other");
  const tasks = [await one.cli.create({ title: "A", spec: "S" }), await one.cli.create({ title: "B", spec: "S" })];
  const [a, b] = tasks.map(({ id }) => id) as [string, string];
  await one.cli.assign(a, "check-one");
  await one.cli.assign(b, "check-other");
  await one.cli.start(a);
  const check = await one.cli.check();
  expect([check.count, check.tasks.map(({ id, status }) => [id, status])]).toEqual([1, [[a, "running"]]]);
  expect((await stage.cli(daemon).check()).tasks.map(({ id }) => id)).toEqual(expect.arrayContaining([a, b]));
  await one.cli.complete(a, "done");
  expect((await one.cli.check()).count).toBe(0);
  expect((await one.cli.list()).slice(0, 2).map(({ id }) => id)).toEqual([b, a]);
  expect((await one.cli.list("?status=done")).map(({ id }) => id)).toContain(a);
  for (let n = 0; n < 60; n += 1) await one.cli.create({ title: `T${n}`, spec: "S" });
  expect(await one.cli.resolve(a.slice(0, 13))).toBe(a);
  await other.cli.fail(b, "not needed").catch(() => one.cli.cancel(b));
});

test("7.23 create, assign, start, plan, update, view, fail and complete answer the whole task", async () => {
  await using one = await worker("whole");
  const { cli } = one;
  const upstream = await cli.create({ title: "Up", spec: "S" });
  const made = await cli.create({ title: "T", spec: "S", acceptance_criteria: ["ok"], dependency_ids: [upstream.id] });
  const complete = (task: object, status: string) =>
    expect(task).toMatchObject({
      id: made.id,
      status,
      dependencies: [{ depends_on_task_id: upstream.id, resolved: expect.any(Boolean), dependency_type: "blocks" }],
      resolved_inputs: expect.any(Object),
      acceptance_criteria: ["ok"],
    });
  complete(made, "pending");
  complete(await cli.update(made.id, { title: "T2", priority: "high" }), "pending");
  complete(await cli.assign(made.id, "whole", { require_plan: true }), "assigned");
  await cli.assign(upstream.id, "whole");
  await cli.start(upstream.id);
  await cli.complete(upstream.id, { summary: "done" });
  daemon.screen(one.session.id, ...AT_PROMPT, "");
  complete(await cli.start(made.id), "planning");
  complete(await cli.plan(made.id, { summary: "first this" }), "plan_review");
  await stage.admin.call(peopleTasks.approvePlan, { params: { ...stage.params, task: made.id } });
  complete(await cli.view(made.id), "running");
  complete(await cli.complete(made.id, { summary: "done" }), "done");
  const failing = await cli.create({ title: "F", spec: "S" });
  await cli.assign(failing.id, "whole");
  await cli.start(failing.id);
  expect(await cli.fail(failing.id, "no")).toMatchObject({ status: "failed", result: { error: "no" } });
});

test("7.24 notes, interventions, grants, rules and file queues are bare arrays; tasks, servers and sessions are wrapped", async () => {
  const cli = stage.cli(daemon);
  const task = await cli.create({ title: "T", spec: "S" });
  await cli.note(task.id, "hello", false);
  expect(await cli.notes(task.id)).toEqual([
    expect.objectContaining({
      content: "hello",
      urgent: false,
      author: expect.any(String),
      created_at: expect.any(String),
    }),
  ]);
  expect(await cli.interventions()).toBeInstanceOf(Array);
  for (const path of ["access-grants", "approval-rules", "files/pending", "files/pulls/pending"]) {
    const { status, text } = await daemon.get(`/api/v1/server/${path}`);
    expect([path, status, JSON.parse(text)]).toEqual([path, 200, []]);
  }
  const { servers } = await cli.servers();
  expect(servers[0]).toMatchObject({ hostname: "v1.local", os: "linux", status: "online", name: expect.any(String) });
  await using one = await worker("listed");
  expect((await cli.sessions()).sessions).toContainEqual(
    expect.objectContaining({ id: one.session.id, name: "listed", server_name: servers[0]?.name, status: "active" }),
  );
});

test("7.25 status says connected, who this is and what is on its plate", async () => {
  await using one = await worker("self");
  const task = await one.cli.create({ title: "T", spec: "S" });
  await one.cli.assign(task.id, "self");
  expect(await one.cli.status()).toMatchObject({
    connected: true,
    server_id: daemon.serverId,
    session_id: one.session.id,
    session_name: "self",
    project_id: stage.project.id,
    project_name: stage.project.name,
    role: "worker",
    tasks: [{ id: task.id, title: "T", status: "assigned" }],
    task_summary: { pending: 1, running: 0, total: 1 },
  });
  expect(await stage.cli(daemon).status()).toMatchObject({ connected: true, session_id: null });
  expect(await stage.cli(daemon, { id: "orc-no-uuid" }).status()).toMatchObject({ connected: true, session_id: null });
  await one.cli.cancel(task.id);
});

test("7.26 the permission log is answered exactly 201, whatever is in it", async () => {
  const { status } = await daemon.post("/api/v1/server/permissions/log", {
    entries: [{ tool_name: "Bash", tool_input: {}, decision: "asked" }, "nonsense", { tool_name: "Bash" }],
  });
  expect(status).toBe(201);
  expect((await daemon.post("/api/v1/server/permissions/log", { entries: [] })).status).toBe(201);
});

test("7.27 help, dependencies and answers have the members that the CLI reads; an intervention's first eight characters do", async () => {
  await using one = await worker("asks");
  const [task, other] = [
    await one.cli.create({ title: "T", spec: "S" }),
    await one.cli.create({ title: "U", spec: "S" }),
  ];
  expect(await one.cli.addDependency(other.id, task.id, { dependency_type: "related" })).toMatchObject({
    resolved: false,
    dependency_type: "related",
    contract_key: null,
  });
  await one.cli.assign(task.id, "asks");
  await one.cli.start(task.id);
  const asked = await one.cli.help(task.id, "Which?", "question");
  expect(asked).toEqual({ intervention_id: expect.any(String), status: "pending" });
  expect((await one.cli.view(task.id)).status).toBe("needs_human");
  expect((await one.cli.interventions(`?task_id=${task.id}&status=pending`)).map(({ id }) => id)).toEqual([
    asked.intervention_id,
  ]);
  const orchestrator = await stage.session(daemon, { role: "orchestrator", name: "orchestrator-1" });
  expect(await stage.cli(daemon, orchestrator).respond(asked.intervention_id.slice(0, 8), "This")).toMatchObject({
    id: asked.intervention_id,
    status: "responded",
  });
  daemon.screen(one.session.id, "thinking about it");
  daemon.screen(one.session.id, ...AT_PROMPT);
  await until(() => daemon.all("intervention_response").length > 0);
  expect(daemon.all("intervention_response")[0]).toMatchObject({ session_id: one.session.id, response: "This" });
  daemon.exit(orchestrator.id);
});

test("7.28 a session is named within the project; an unknown or vanished one is refused in words", async () => {
  const cli = stage.cli(daemon);
  const task = await cli.create({ title: "T", spec: "S" });
  expect(await refused(cli.assign(task.id, "nobody"))).toEqual({
    status: 404,
    message: expect.stringMatching(/nobody/),
  });
  const foreign = await V1Stage.open(hub);
  const theirs = await foreign.daemon();
  await foreign.session(theirs, { name: "theirs" });
  expect((await refused(cli.assign(task.id, "theirs"))).status).toBe(404);
  expect((await refused(cli.remoteExec("theirs", "id"))).status).toBe(404);
  expect((await refused(cli.call("GET", `/api/v1/server/sessions?project_id=${foreign.project.id}`))).status).toBe(404);
  await foreign[Symbol.asyncDispose]();
  const session = await stage.session(daemon, { name: "brief" });
  await stage.admin.call(people.closeSession, { params: { ...stage.params, session: session.id } });
  await stage.sessionIs(session.id, "closed");
  expect((await refused(cli.assign(task.id, "brief"))).status).toBe(404);
});

test("7.29 a task may be assigned while it waits for others; starting it is refused and names them", async () => {
  await using one = await worker("blocked");
  const up = await one.cli.create({ title: "Up", spec: "S" });
  const down = await one.cli.create({ title: "Down", spec: "S", dependency_ids: [up.id] });
  expect((await one.cli.assign(down.id, "blocked")).status).toBe("assigned");
  const refusal = await refused(one.cli.start(down.id));
  expect(refusal.status).toBe(409);
  expect(refusal.message).toContain(String(up.key));
  await one.cli.cancel(down.id);
});

test.each([
  ["an object", { summary: "done", contracts: { a: 1 } }],
  ["a number", 42],
  ["a list", [1, "two"]],
  ["a boolean", false],
  ["null", null],
  ["words", "it works"],
])("7.30 a result may be %s", async (_, result) => {
  await using one = await worker("results");
  const task = await one.cli.create({ title: "T", spec: "S" });
  await one.cli.assign(task.id, "results");
  await one.cli.start(task.id);
  const git_diff_stats = {
    files_changed: 1,
    insertions: 1,
    deletions: 0,
    files: [],
    binary_files: [],
    base_commit: null,
  };
  const done = await one.cli.complete(task.id, result, { git_diff_stats });
  expect([done.status, done.result]).toEqual(["done", result]);
});
