import * as agents from "@orchestratia/protocol/operations/agents";
import * as operations from "@orchestratia/protocol/operations/people-tasks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newSecret, secretHash } from "../access/secret-hash.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusal, refusalCode, type TestTeam } from "../testing/test-team.ts";

let hub: TestHub;
let team: TestTeam;
let other: TestTeam;

beforeAll(async () => {
  hub = await startTestHub();
  const admin = await hub.admin();
  team = await openTestTeam({ url: hub.url, admin });
  other = await openTestTeam({ url: hub.url, admin });
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await team[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

const on = (task: string) => ({ params: { project: team.project, task } });

test("a task is made, found by key and prefix, changed and cancelled", async () => {
  const made = await team.addTask({ title: "Write it down", labels: ["docs"], structured_spec: { someday: true } });
  expect(made).toMatchObject({ title: "Write it down", status: "pending", version: 1, created_by: { type: "user" } });
  for (const name of [made.key.toLowerCase(), made.id, made.id.slice(0, 8)]) {
    expect((await team.admin.call(operations.viewTask, on(name))).key).toBe(made.key);
  }
  const changed = await team.admin.call(operations.updateTask, { ...on(made.key), body: { title: "Write it up" } });
  expect(changed).toMatchObject({ title: "Write it up", version: 2, labels: ["docs"] });
  const cancelled = await team.admin.call(operations.cancelTask, on(made.key));
  expect(cancelled).toMatchObject({ status: "cancelled", moves: ["retry"] });
});

test("what looks wrong and is accepted comes with a warning", async () => {
  const upstream = await team.addTask();
  const made = await team.addTask({
    dependencies: [{ depends_on_task_id: upstream.key, dependency_type: "input", contract_key: "never_declared" }],
  });
  expect(made.warnings).toEqual([expect.stringContaining("never_declared")]);
  expect((await team.admin.call(operations.viewTask, on(made.key))).warnings).toBeUndefined();
});

test("references in a new task may be keys and prefixes, of this project only", async () => {
  const parent = await team.addTask({ type: "epic" });
  const upstream = await team.addTask();
  const made = await team.addTask({ parent_id: parent.key, dependency_ids: [upstream.id.slice(0, 12)] });
  expect(made).toMatchObject({ parent_id: parent.id, blocked: true, waiting_for: `Waits for ${upstream.key}` });
  const foreign = await other.addTask();
  expect(await refusalCode(team.addTask({ dependency_ids: [foreign.id] }))).toBe("task_not_found");
  expect(await refusalCode(team.addTask({ parent_id: foreign.key }))).toBe("task_not_found");
});

test("another project's task is not found, and neither is another project's address", async () => {
  const foreign = await other.addTask();
  expect(await refusalCode(team.admin.call(operations.viewTask, on(foreign.id)))).toBe("task_not_found");
  expect(await refusalCode(team.admin.call(operations.cancelTask, on(foreign.key)))).toBe("task_not_found");
  const nowhere = { params: { project: "NOWHERE", task: foreign.id } };
  expect(await refusalCode(team.admin.call(operations.viewTask, nowhere))).toBe("project_not_found");
});

test("pages follow one another by `next`, and a made-up cursor is refused", async () => {
  await using few = await openTestTeam({ url: hub.url, admin: team.admin });
  const params = { project: few.project };
  const keys = [];
  for (let n = 0; n < 5; n++) keys.unshift((await few.addTask()).key);
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = await few.admin.call(operations.listTasks, {
      params,
      query: { limit: 2, ...(after ? { after } : {}) },
    });
    seen.push(...page.tasks.map(({ key }) => key));
    after = page.next ?? undefined;
  } while (after);
  expect(seen).toEqual(keys);
  expect((await few.admin.call(operations.listTasks, { params })).next).toBeNull();
  for (const wrong of ["5", "bm9wZQ", "%"]) {
    const page = few.admin.call(operations.listTasks, { params, query: { after: wrong } });
    expect(await refusalCode(page)).toBe("invalid_request");
  }
});

test("the list can be asked for one status", async () => {
  const made = await team.addTask();
  await team.admin.call(operations.cancelTask, on(made.key));
  const params = { project: team.project };
  const { tasks } = await team.admin.call(operations.listTasks, { params, query: { status: "cancelled" } });
  expect(tasks.map(({ key }) => key)).toContain(made.key);
  expect(new Set(tasks.map(({ status }) => status))).toEqual(new Set(["cancelled"]));
});

test("the version is the ETag, and If-Match with an old one changes nothing", async () => {
  const made = await team.addTask();
  const address = `${hub.url}/api/v1/projects/${team.project}/tasks/${made.key}`;
  const response = await fetch(address, { headers: await hub.adminHeaders() });
  expect(response.headers.get("etag")).toBe('"1"');
  const change = (title: string, ifMatch: string) =>
    team.admin.call(operations.updateTask, { ...on(made.key), body: { title }, headers: { "if-match": ifMatch } });
  expect((await change("first", '"1"')).version).toBe(2);
  expect(await refusal(change("late", '"1"'))).toMatchObject({ code: "version_conflict", status: 412 });
  expect((await change("weak", 'W/"2"')).version).toBe(3);
  expect((await change("any", "*")).version).toBe(4);
  expect(await refusalCode(change("odd", "4"))).toBe("version_conflict");
  expect((await team.admin.call(operations.viewTask, on(made.key))).title).toBe("any");
});

test("a plan goes back and forth, and a review too", async () => {
  const worker = await team.startAgent();
  const task = await team.addTask({ require_plan: true, require_review: true });
  await team.give(task, worker);
  const own = { params: { task: task.key } };
  expect((await worker.client.call(agents.agentStartTask, own)).status).toBe("planning");
  const planned = await worker.client.call(agents.agentPlanTask, { ...own, body: { plan: { summary: "One step." } } });
  expect(planned).toMatchObject({ status: "plan_review", waiting_for: "Waiting for its plan to be approved" });
  const feedback = { feedback: "Two steps." };
  const revised = await team.admin.call(operations.revisePlan, { ...on(task.key), body: feedback });
  expect(revised).toMatchObject({ status: "planning", plan_feedback: "Two steps." });
  await worker.client.call(agents.agentPlanTask, { ...own, body: { plan: { summary: "Two." } } });
  expect((await team.admin.call(operations.approvePlan, on(task.key))).status).toBe("running");
  const reviewed = await worker.client.call(agents.agentCompleteTask, {
    ...own,
    body: { result: { summary: "Done." } },
  });
  expect(reviewed).toMatchObject({ status: "review", waiting_for: "Waiting for review" });
  expect((await team.admin.call(operations.requestChanges, { ...on(task.key), body: feedback })).status).toBe(
    "running",
  );
  await worker.client.call(agents.agentSubmitTask, { ...own, body: { result: { summary: "Done now." } } });
  const done = await team.admin.call(operations.approveTask, on(task.key));
  expect(done).toMatchObject({ status: "done", result: { summary: "Done now." }, waiting_for: null });
});

test("an assignment can be taken back", async () => {
  const task = await team.addTask({ auto_assign: false });
  const params = { project: team.project, task: task.key };
  const body = { server_id: team.daemon.serverId as never };
  expect((await team.admin.call(operations.assignTask, { params, body })).status).toBe("assigned");
  const back = await team.admin.call(operations.unassignTask, on(task.key));
  expect(back).toMatchObject({
    status: "pending",
    assigned_server_id: null,
    waiting_for: "Not to be assigned automatically",
  });
});

test("a viewer looks and changes nothing; for who is no member there is no project", async () => {
  const person = async (membership: boolean) => {
    const token = newSecret("orct_");
    await hub.database.sql.query(
      `with person as (
         insert into admin_users (email, name, role) values ($1, 'Vera', 'viewer') returning id
       ), member as (
         insert into project_members (project_id, user_id, role) select $2, id, 'viewer' from person where $3
       )
       insert into hub.access_tokens (name, token_hash, user_id) select 'test', $4, id from person`,
      [`${token.slice(5, 15).toLowerCase()}@example.org`, team.project, membership, secretHash(token)],
    );
    return hub.client({ authorization: `Bearer ${token}` });
  };
  const task = await team.addTask();
  const viewer = await person(true);
  expect((await viewer.call(operations.viewTask, on(task.key))).id).toBe(task.id);
  const body = { title: "Changed" };
  const attempts = (who: typeof viewer) => [
    who.call(operations.createTask, { params: { project: team.project }, body: { ...body, spec: "Do it." } }),
    who.call(operations.updateTask, { ...on(task.key), body }),
    who.call(operations.cancelTask, on(task.key)),
    who.call(operations.addNote, { ...on(task.key), body: { content: "Hello" } }),
    who.call(operations.addDependency, { ...on(task.key), body: { depends_on_task_id: task.key } }),
  ];
  const codes = (tried: Promise<unknown>[]) => Promise.all(tried.map(refusalCode));
  expect(new Set(await codes(attempts(viewer)))).toEqual(new Set(["forbidden"]));
  const stranger = await person(false);
  const all = [...attempts(stranger), stranger.call(operations.viewTask, on(task.key))];
  expect(new Set(await codes(all))).toEqual(new Set(["project_not_found"]));
});
