import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { diagnose } from "../doctor/diagnose.ts";
import { assignTask } from "../tasks/assign-task.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine } from "../testing/test-engine.ts";
import { until } from "../testing/until.ts";
import { finished } from "../testing/worker-stage.ts";
import { type Asked, checkoutsOf, factsOf, stage, worktree } from "../testing/workspace-daemon.ts";

test("with worktree_per_task a task gets a session of its own in its own checkout, never one that is at rest", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, { worktree_per_task: true });
  await hub.addSession(daemon.project, daemon.server, "claude");
  const id = await hub.addTask(daemon.project, { target_repo: "shop", target_branch: "release" });
  const asked = await daemon.asked("workspace_prepare");
  expect(asked).toMatchObject({ task_id: id, repo: "shop", branch: "release" });
  expect(await hub.task(id)).toMatchObject({ assigned_session_id: null, delivered_at: null });
  daemon.says({ type: "workspace_result", request_id: asked.request_id, ok: true, worktree: worktree(id) });
  await hub.settled();
  await until(() => daemon.frames.filter((frame) => frame.type === "session_start").length === 2);
  expect(daemon.frames.filter((frame) => frame.type === "session_start").at(-1)).toMatchObject({
    agent: "claude",
    working_directory: "/var/lib/worktrees/APP-1/app",
  });
  const [fact] = await factsOf(hub, id, "task.worktree_prepared");
  expect(fact?.details).toEqual({ branch: "orc/APP-1", path: "/var/lib/worktrees/APP-1", setup: "none" });
});

test("a checkout that cannot be made is recorded and counted; the task is not given to anybody else's folder", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, { worktree_per_task: true });
  const id = await hub.addTask(daemon.project);
  daemon.refuses(await daemon.asked("workspace_prepare"), "The repository has no branch release.");
  await hub.settled();
  expect(await hub.task(id)).toMatchObject({ status: "assigned", start_failures: 1, assigned_session_id: null });
  expect(daemon.frames.some((frame) => frame.type === "session_start")).toBe(false);
  expect(await factsOf(hub, id, "task.worktree_failed")).toMatchObject([
    { details: { error: "The repository has no branch release." } },
  ]);
});

test("without a word of the project each task gets its checkout, and what was made is written down", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, {});
  const id = await hub.addTask(daemon.project);
  const asked = await daemon.asked("workspace_prepare");
  expect(asked).toMatchObject({ task_id: id, repo: "shop", branch: null });
  daemon.says({ type: "workspace_result", request_id: asked.request_id, ok: true, worktree: worktree(id) });
  await hub.settled();
  expect(await checkoutsOf(hub, id)).toEqual([{ path: "/var/lib/worktrees/APP-1", branch: "orc/APP-1" }]);
});

test.each([{ target_repo: "other", gets: false }, { target_repo: "SHOP", gets: true }, { gets: false }])(
  "of two repositories a task gets the one that it names: $target_repo",
  async ({ gets, ...task }) => {
    await using database = await createTestDatabase();
    await using hub = await openTestEngine(database.url);
    const daemon = await stage(hub, { default_agent: "claude" }, { repos: ["shop", "site"] });
    await hub.addSession(daemon.project, daemon.server, "claude");
    const id = await hub.addTask(daemon.project, { ...task, auto_assign: false });
    await assignTask(hub.engine, SYSTEM, id, { server_id: daemon.server.id });
    if (gets) {
      const { request_id } = await daemon.asked("workspace_prepare");
      daemon.says({ type: "workspace_result", request_id, ok: true, worktree: worktree(id) });
    }
    await hub.settled();
    expect(daemon.count("workspace_prepare")).toBe(gets ? 1 : 0);
    expect(await hub.task(id)).toMatchObject({ deliveries: gets ? 0 : 1 });
  },
);

test("where there can be no checkout the task works in the folder itself, says so, and no other beside it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, {});
  const noCheckout = (question: Asked) => daemon.refuses(question, "No repository.", { no_checkout: true });
  const first = await hub.addTask(daemon.project);
  noCheckout(await daemon.asked("workspace_prepare"));
  await hub.settled();
  expect(daemon.frames.filter(({ type }) => type === "session_start")).toMatchObject([
    { working_directory: "/srv/shop" },
  ]);
  expect(await factsOf(hub, first, "task.worktree_skipped")).toMatchObject([
    { details: { path: "/srv/shop", reason: "No repository." } },
  ]);
  expect(await checkoutsOf(hub, first)).toEqual([{ path: "/srv/shop", branch: null }]);

  const second = await hub.addTask(daemon.project);
  noCheckout(await daemon.asked("workspace_prepare", 2));
  await hub.settled();
  expect(daemon.frames.filter(({ type }) => type === "session_start")).toHaveLength(1);
  expect(await hub.task(second)).toMatchObject({ status: "assigned", start_failures: 0 });
  expect(await factsOf(hub, second, "task.worktree_skipped")).toEqual([]);

  await cancelTask(hub.engine, SYSTEM, first);
  noCheckout(await daemon.asked("workspace_prepare", 3));
  await until(() => daemon.frames.filter(({ type }) => type === "session_start").length === 2);
  await hub.settled();
  expect(await factsOf(hub, second, "task.worktree_skipped")).toHaveLength(1);
});

test.each([
  ["/srv/app", "/srv/app/sub/", "waits"],
  ["/srv/app/sub", "/srv/app", "waits"],
  ["/srv/app", "/", "waits"],
  ["/srv/app", "/srv/ap", "does not wait"],
  ["/srv/ap", "/srv/app", "does not wait"],
  ["/srv/app", "/srv/other", "does not wait"],
])("where a task works in %s, the next one, for %s, %s", async (occupied, wanted, outcome) => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, { default_server_dir: occupied }, { repos: ["shop", "site"] });
  const starts = () => daemon.frames.filter(({ type }) => type === "session_start");
  const first = await hub.addTask(daemon.project);
  await hub.settled();
  expect(starts()).toHaveLength(1);
  await hub.sql.query("update projects set settings = settings || $2::jsonb where id = $1", [
    daemon.project,
    { default_server_dir: wanted },
  ]);
  await hub.addTask(daemon.project);
  await hub.settled();
  expect(starts()).toHaveLength(outcome === "waits" ? 1 : 2);
  await cancelTask(hub.engine, SYSTEM, first);
  await hub.settled();
  expect(starts()).toHaveLength(2);
});

test.each([
  ["/", "/srv/app", "does not wait"],
  ["/srv/app/sub", "/srv/app", "does not wait"],
  ["/srv/app/", "/srv/app", "waits"],
])(
  "where a task works in a session that just stood in %s, the next one, for %s, %s",
  async (stood, wanted, outcome) => {
    await using database = await createTestDatabase();
    await using hub = await openTestEngine(database.url);
    const daemon = await stage(hub, { default_server_dir: wanted }, { repos: ["shop", "site"] });
    const session = await hub.addSession(daemon.project, daemon.server, "claude");
    await hub.sql.query("update sessions set working_directory = $2 where id = $1", [session.id, stood]);
    const starts = () => daemon.frames.filter(({ type }) => type === "session_start");
    const before = starts().length;
    const first = await hub.addTask(daemon.project);
    await hub.settled();
    expect(await hub.task(first)).toMatchObject({ assigned_session_id: session.id });
    expect(await checkoutsOf(hub, first)).toEqual([{ path: stood, branch: null }]);
    const second = await hub.addTask(daemon.project);
    await hub.settled();
    expect(starts()).toHaveLength(outcome === "waits" ? before : before + 1);
    expect(await checkoutsOf(hub, second)).toHaveLength(outcome === "waits" ? 0 : 1);
  },
);

test("a task that waits for a folder is no riddle to the doctor when one of the machine's other projects works there", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const settings = { default_server_dir: "/srv/apps" };
  const [theirs, ours] = [await stage(hub, settings, { repos: [] }), await stage(hub, settings, { repos: [] })];
  const servers = [theirs.server.id, ours.server.id];
  await hub.sql.query("update servers set machine_id = 'one machine' where id = any($1)", [servers]);
  const first = await hub.addTask(theirs.project);
  await hub.settled();
  expect(await checkoutsOf(hub, first)).toHaveLength(1);
  const second = await hub.addTask(ours.project);
  await hub.settled();
  expect(await checkoutsOf(hub, second)).toEqual([]);
  const connectedServers = hub.sessionHub.connections.connected();
  const { findings } = await diagnose(hub.sql, { projectId: ours.project, connectedServers, patienceSeconds: 0 });
  expect(findings.map(({ code }) => code)).not.toContain("stuck");
});

test("two tasks that want a folder at the same moment: one gets it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, {});
  const ids = [await hub.addTask(daemon.project), await hub.addTask(daemon.project)];
  const asked = [await daemon.asked("workspace_prepare"), await daemon.asked("workspace_prepare", 2)];
  await hub.race(
    "select from servers where id = $1 for update",
    [daemon.server.id],
    asked.map((question) => async () => daemon.refuses(question, "No repository.", { no_checkout: true })),
  );
  await hub.settled();
  expect(daemon.frames.filter(({ type }) => type === "session_start")).toHaveLength(1);
  const taken = await Promise.all(ids.map((id) => checkoutsOf(hub, id)));
  expect(taken.flat()).toHaveLength(1);
});

test("the part of a task that waits for it may work in its folder", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, {}, { version: 1 });
  const parent = await hub.addTask(daemon.project);
  await hub.settled();
  const [session] = hub.sessions.ofServer(daemon.server.id);
  if (!session) throw new Error("no session was started");
  await hub.sessionReports(session.id, "idle");
  await hub.settled();
  const worker = {
    kind: "session",
    id: session.id,
    name: session.name,
    serverId: daemon.server.id,
    projectId: daemon.project,
    role: "worker",
  } as const;
  await startTask(hub.engine, worker, parent);
  const other = await hub.addTask(daemon.project);
  await hub.settled();
  const child = await hub.addTask(daemon.project, { parent_id: parent });
  await hub.settled();
  expect(await checkoutsOf(hub, other)).toEqual([]);
  expect(await checkoutsOf(hub, child)).toEqual([{ path: "/srv/shop", branch: null }]);
  expect(daemon.frames.filter(({ type }) => type === "session_start")).toHaveLength(2);
});

test("a daemon of version 1 makes no checkouts: a session at rest takes the task, and the task says where it works", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, {}, { version: 1 });
  const session = await hub.addSession(daemon.project, daemon.server, "claude");
  const id = await hub.addTask(daemon.project);
  await hub.settled();
  expect(await hub.task(id)).toMatchObject({ assigned_session_id: session.id, deliveries: 1 });
  expect(await factsOf(hub, id, "task.worktree_skipped")).toMatchObject([
    { details: { path: "/srv", reason: expect.stringContaining(session.name) } },
  ]);
  // The next one finds nobody at rest: the hub starts a session for it, in the folder itself.
  const next = await hub.addTask(daemon.project);
  await hub.settled();
  expect(daemon.frames.at(-1)).toMatchObject({ type: "session_start", working_directory: "/srv/shop" });
  expect(await factsOf(hub, next, "task.worktree_skipped")).toMatchObject([
    { details: { path: "/srv/shop", reason: expect.stringContaining("version 1") } },
  ]);
});

test("two tasks that name no repository do not work beside each other in the project's own folder", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, { default_server_dir: "/srv/apps/" }, { repos: ["shop", "site"] });
  const starts = () => daemon.frames.filter(({ type }) => type === "session_start");
  const first = await hub.addTask(daemon.project);
  await hub.settled();
  expect(starts()).toMatchObject([{ working_directory: "/srv/apps" }]);
  expect(await factsOf(hub, first, "task.worktree_skipped")).toMatchObject([{ details: { path: "/srv/apps" } }]);

  await hub.sql.query("update projects set settings = settings || $2::jsonb where id = $1", [
    daemon.project,
    { default_server_dir: "/srv//apps" },
  ]);
  const second = await hub.addTask(daemon.project);
  await hub.settled();
  expect(starts()).toHaveLength(1);
  const connectedServers = hub.sessionHub.connections.connected();
  const { findings } = await diagnose(hub.sql, { projectId: daemon.project, connectedServers, patienceSeconds: 0 });
  expect(findings.map(({ code }) => code)).not.toContain("stuck");
  await cancelTask(hub.engine, SYSTEM, first);
  await hub.settled();
  expect(starts()).toHaveLength(2);
  expect(await checkoutsOf(hub, second)).toEqual([{ path: "/srv/apps", branch: null }]);
});

test("a session at rest in the project's own folder keeps it for the next task that it is given", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, { default_server_dir: "/srv" }, { repos: ["shop", "site"] });
  await hub.addSession(daemon.project, daemon.server, "claude");
  const first = await hub.addTask(daemon.project);
  await hub.settled();
  expect(await hub.task(first)).toMatchObject({ deliveries: 1 });
  expect(await checkoutsOf(hub, first)).toEqual([{ path: "/srv", branch: null }]);
  expect(await factsOf(hub, first, "task.worktree_skipped")).toEqual([]);
  await hub.addTask(daemon.project);
  await hub.settled();
  expect(daemon.frames.filter(({ type }) => type === "session_start")).toHaveLength(1);
});

test("a session at rest in one task's checkout is given no other task", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, {}, { repos: ["shop", "site"] });
  const first = await hub.addTask(daemon.project, { target_repo: "shop" });
  const { request_id } = await daemon.asked("workspace_prepare");
  daemon.says({ type: "workspace_result", request_id, ok: true, worktree: worktree(first) });
  await until(() => hub.sessions.ofServer(daemon.server.id).length === 1);
  const [session] = hub.sessions.ofServer(daemon.server.id);
  if (!session) throw new Error("no session was started");
  await hub.sessionReports(session.id, "idle");
  await hub.settled();
  const { id, name } = session;
  const at = { serverId: daemon.server.id, projectId: daemon.project };
  const worker = { kind: "session", id, name, role: "worker", ...at } as const;
  await startTask(hub.engine, worker, first);
  const completing = completeTask(hub.engine, worker, first, finished);
  daemon.refuses(await daemon.asked("workspace_diff"), "No commits.");
  await completing;
  await hub.settled();
  expect(hub.sessions.get(id)).toMatchObject({ agentStatus: "idle" });

  const second = await hub.addTask(daemon.project);
  await hub.settled();
  expect(await hub.task(second)).toMatchObject({ assigned_session_id: null });
  expect(daemon.frames.filter(({ type }) => type === "session_start")).toMatchObject([
    { working_directory: "/var/lib/worktrees/APP-1/app" },
    { working_directory: null },
  ]);
  const both = hub.sessions.ofServer(daemon.server.id).map((one) => one.id);
  await hub.loadSessions();
  expect(both.map((each) => hub.sessions.get(each)?.inCheckout)).toEqual([true, false]);
});
