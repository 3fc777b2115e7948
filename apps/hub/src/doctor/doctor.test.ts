import { diagnoseProject } from "@orchestratia/protocol/operations/doctor";
import { createTask } from "@orchestratia/protocol/operations/people-tasks";
import { Completion } from "@orchestratia/protocol/tasks";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { removeDependency } from "../dependencies/remove-dependency.ts";
import { assignTask } from "../tasks/assign-task.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { helpTask } from "../tasks/help-task.ts";
import { reopenTask } from "../tasks/reopen-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { startTestHub } from "../testing/test-hub.ts";
import { diagnose } from "./diagnose.ts";

type ProjectId = Awaited<ReturnType<TestEngine["addProject"]>>;

const codes = async (hub: TestEngine, projectId: ProjectId) => {
  await hub.settled();
  const connectedServers = hub.sessionHub.connections.connected();
  const { findings } = await diagnose(hub.sql, { projectId, connectedServers, patienceSeconds: 0 });
  return findings.map(({ code }) => code);
};

test("every wait has its code, from the project without a server to the answer that is missing", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const task = await hub.addTask(project, { structured_spec: { capability_requirements: { languages: ["Go"] } } });
  expect(await codes(hub, project)).toEqual(["no_server"]);

  const server = await hub.addServer(project, { agents: ["claude"], max: 1 });
  expect(await codes(hub, project)).toEqual(["waiting_for_server"]);
  const change = async (columns: string) => {
    await hub.sql.query(`update servers set ${columns} where id = $1`, [server.id]);
    await hub.engine.fleet.refresh(server.id);
    hub.engine.matcher.wake(project);
    await hub.settled();
  };
  await change(`capabilities = '{"languages": ["go"]}', status = 'offline'`);
  expect(await codes(hub, project)).toEqual(["server_offline"]);
  hub.disconnect(server.id);
  await change("status = 'online'");
  expect(await codes(hub, project)).toEqual(["server_unreachable"]);
  await change("draining = true");
  hub.connect(server.id);
  expect(await codes(hub, project)).toEqual(["draining"]);
  await change("draining = false, max_concurrent = 0");
  expect(await codes(hub, project)).toEqual(["waiting_for_capacity"]);
  await change("max_concurrent = 1");
  expect(await codes(hub, project)).toEqual(["waiting_for_session"]);

  const session = await hub.addSession(project, server, "claude");
  expect(await codes(hub, project)).toEqual(["waiting_for_start"]);
  await startTask(hub.engine, session, task);
  expect(await codes(hub, project)).toEqual(["agent_idle"]);
  await hub.sessionReports(session.id, "waiting");
  expect(await codes(hub, project)).toEqual(["agent_waiting"]);
  // Its terminal lives on, and so does its lease.
  await hub.sessionReports(session.id, "exited");
  expect(await codes(hub, project)).toEqual(["agent_exited"]);
  await hub.sessionReports(session.id, "working");
  expect(await codes(hub, project)).toEqual([]);
  await helpTask(hub.engine, session, task, { question: "Which one?", intervention_type: "help" });
  expect(await codes(hub, project)).toEqual(["needs_human"]);
});

test("what waits for others, for people or for its children says so", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const upstream = await hub.addTask(project, { auto_assign: false });
  await hub.addTask(project, { dependency_ids: [upstream] });
  expect((await codes(hub, project)).sort()).toEqual(["blocked", "manual_only"]);
  await cancelTask(hub.engine, SYSTEM, upstream);
  expect(await codes(hub, project)).toEqual(["blocked_by_failed"]);

  const family = await hub.addProject();
  const epic = await hub.addTask(family, { type: "epic" });
  expect(await codes(hub, family)).toEqual(["empty_parent"]);
  const child = await hub.addTask(family, { parent_id: epic, auto_assign: false });
  expect((await codes(hub, family)).sort()).toEqual(["manual_only", "waiting_for_children"]);
  await cancelTask(hub.engine, SYSTEM, child);
  expect(await codes(hub, family)).toEqual(["children_failed"]);
});

test("a parent whose children are done is a finding where it waits for another task, or was reopened", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const session = await hub.addSession(project, await hub.addServer(project, { agents: ["claude"] }), "claude");
  const upstream = await hub.addTask(project, { auto_assign: false });
  const epic = await hub.addTask(project, { type: "epic", dependency_ids: [upstream] });
  const child = await hub.addTask(project, { parent_id: epic, auto_assign: false });
  for (const id of [child, upstream]) {
    if (id === upstream) expect((await codes(hub, project)).sort()).toEqual(["blocked", "manual_only"]);
    await assignTask(hub.engine, SYSTEM, id, { session_id: session.id });
    await startTask(hub.engine, session, id);
    await completeTask(hub.engine, session, id, Completion.parse({ result: {} }));
    await hub.settled();
  }
  expect(await codes(hub, project)).toEqual([]);
  await reopenTask(hub.engine, SYSTEM, epic);
  expect(await codes(hub, project)).toEqual(["children_settled"]);
});

test("a plan or a result that nobody has looked at is a finding", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ require_review: true });
  const server = await hub.addServer(project, { agents: ["claude"] });
  const session = await hub.addSession(project, server, "claude");
  const task = await hub.addTask(project);
  await hub.settled();
  await startTask(hub.engine, session, task);
  await completeTask(hub.engine, session, task, Completion.parse({ result: {} }));
  expect(await codes(hub, project)).toEqual(["review"]);
});

test("what nothing explains is stuck, and so is a lease that nobody watches", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const server = await hub.addServer(project, { agents: ["claude"] });
  const session = await hub.addSession(project, server, "claude");
  const task = await hub.addTask(project, { auto_assign: false });
  await assignTask(hub.engine, SYSTEM, task, { session_id: session.id });
  await hub.settled();
  // As if the hub had died in between: nobody looks at these rows again before the next look through all of them.
  await hub.sql.query("update tasks set delivered_at = null where id = $1", [task]);
  expect(await codes(hub, project)).toEqual(["stuck"]);
  await hub.engine.rederive();
  expect(await codes(hub, project)).toEqual(["waiting_for_start"]);
  await startTask(hub.engine, session, task);
  await hub.sql.query("update engine.leases set expires_at = now() - interval '1 minute' where task_id = $1", [task]);
  expect(await codes(hub, project)).toEqual(["stuck"]);
  await hub.engine.rederive();
  expect(await codes(hub, project)).toEqual(["worker_lost"]);
});

test("tasks that wait for each other are a fault, also by way of a parent and its child", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const epic = await hub.addTask(project, { type: "epic", auto_assign: false });
  const child = await hub.addTask(project, { parent_id: epic, auto_assign: false });
  const behind = await hub.addTask(project, { dependency_ids: [epic], auto_assign: false });
  expect((await codes(hub, project)).sort()).toEqual(["blocked", "manual_only", "waiting_for_children"]);
  // No command makes such an edge.
  await hub.sql.query(
    `insert into task_dependencies (project_id, task_id, depends_on_task_id, dependency_type) values ($1, $2, $3, 'blocks')`,
    [project, child, behind],
  );
  await hub.sql.query("update tasks set blockers = 1 where id = $1", [child]);
  const elsewhere = await hub.addProject();
  expect(await codes(hub, project)).toEqual(["circle", "circle", "circle"]);
  expect(await codes(hub, elsewhere)).toEqual([]);
  await removeDependency(hub.engine, SYSTEM, child, behind);
  expect((await codes(hub, project)).sort()).toEqual(["blocked", "manual_only", "waiting_for_children"]);
});

test("a counter that has left its rows is a finding of its project", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const elsewhere = await hub.addProject();
  const server = await hub.addServer(project, { agents: ["claude"] });
  await hub.sql.query("update servers set active_tasks = 3 where id = $1", [server.id]);
  expect(await codes(hub, project)).toEqual(["counter_differs"]);
  expect(await codes(hub, elsewhere)).toEqual([]);
  await hub.sql.query("update servers set active_tasks = 0 where id = $1", [server.id]);
});

test("through the door: each finding with its task, a sentence and what to do", async () => {
  await using hub = await startTestHub();
  const admin = await hub.admin();
  const project = await hub.project();
  const params = { project: project.key };
  await admin.call(createTask, { params, body: { title: "Lonely", spec: "Do it.", auto_assign: false } });
  expect(await admin.call(diagnoseProject, { params })).toEqual({
    healthy: true,
    findings: [
      {
        code: "manual_only",
        severity: "warning",
        task_id: expect.any(String),
        task_key: `${project.key}-1`,
        task_title: "Lonely",
        task_status: "pending",
        server_id: null,
        session_id: null,
        message: expect.stringContaining(`${project.key}-1`),
        advice: expect.stringMatching(/Assign it/),
      },
    ],
  });
});
