import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import type { BackgroundWork } from "../events/background-work.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { retryTask } from "../tasks/retry-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { type Asked, checkedOut, checkoutsOf, factsOf, stage, worktree } from "../testing/workspace-daemon.ts";
import { discardWorktree } from "./discard-worktree.ts";
import { mergedWorktrees } from "./merged-worktrees.ts";

type Daemon = Awaited<ReturnType<typeof stage>>;

/** A cancelled task that had a checkout on the server. */
async function ended(hub: TestEngine, daemon: Daemon, hoursAgo: number): Promise<string> {
  const id = await hub.addTask(daemon.project, { auto_assign: false });
  await cancelTask(hub.engine, SYSTEM, id);
  await checkedOut(hub, { id, server: daemon.server, project: daemon.project });
  await hub.sql.query("update tasks set completed_at = now() - make_interval(hours => $2) where id = $1", [
    id,
    hoursAgo,
  ]);
  return id;
}

const settle = async (hub: TestEngine, part: BackgroundWork) => {
  await part.settled();
  await hub.settled();
};
const open = (hub: TestEngine) => mergedWorktrees(() => hub.engine, hub.sessionHub.connections);
const finds = (daemon: Daemon, { request_id }: Asked, ...worktrees: ReturnType<typeof worktree>[]) =>
  daemon.says({ type: "workspace_result", request_id, ok: true, worktrees });
const agrees = (daemon: Daemon, { request_id }: Asked) =>
  daemon.says({ type: "workspace_result", request_id, ok: true });

test("merged checkouts of tasks that ended a day ago go, with a fact; the others stay and are asked about an hour later", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, {});
  const merged = await ended(hub, daemon, 25);
  const unmerged = await ended(hub, daemon, 25);
  const recent = await ended(hub, daemon, 23);
  await using part = open(hub);
  await part.rederive();
  const list = await daemon.asked("workspace_list");
  expect("task_ids" in list && list.task_ids?.toSorted()).toEqual([merged, unmerged].sort());
  finds(daemon, list, worktree(merged), { ...worktree(unmerged), merged: false, ahead: 1 }, worktree(recent));
  const asked = await daemon.asked("workspace_discard");
  expect(asked).toMatchObject({ task_id: merged, force: false, only_merged: true });
  agrees(daemon, asked);
  await settle(hub, part);
  expect(daemon.count("workspace_discard")).toBe(1);
  expect(await checkoutsOf(hub, merged)).toEqual([]);
  expect(await checkoutsOf(hub, recent)).toHaveLength(1);
  const [row] = await hub.sql.query<{ key: string }>("select key from tasks where id = $1", [merged]);
  expect(await factsOf(hub, merged, "task.worktree_discarded")).toMatchObject([
    { details: { branch: `orc/${row?.key}`, forced: false, merged: true } },
  ]);

  await part.rederive();
  await settle(hub, part);
  expect(daemon.count("workspace_list")).toBe(1);
  await hub.sql.query("update engine.checkouts set looked_at = now() - interval '61 minutes' where task_id = $1", [
    unmerged,
  ]);
  await part.rederive();
  finds(daemon, await daemon.asked("workspace_list", 2), worktree(unmerged));
  agrees(daemon, await daemon.asked("workspace_discard", 2));
  await settle(hub, part);
  expect(await checkoutsOf(hub, unmerged)).toEqual([]);
});

test("what its daemon refuses stays, and no fact says otherwise", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, {});
  const id = await ended(hub, daemon, 25);
  await using part = open(hub);
  await part.rederive();
  finds(daemon, await daemon.asked("workspace_list"), worktree(id));
  daemon.refuses(await daemon.asked("workspace_discard"), "A session still works in the worktree.");
  await settle(hub, part);
  expect(await checkoutsOf(hub, id)).toHaveLength(1);
  expect(await factsOf(hub, id, "task.worktree_discarded")).toEqual([]);
});

test.each([
  ["7 d", 25, 0],
  ["7 d", 169, 1],
  ["1 h", 2, 1],
  ["forever", 99_999, 0],
])("kept for %s, a merged one whose task ended %i h ago is looked at %i times", async (kept, hoursAgo, times) => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, { keep_merged_worktrees: kept });
  const id = await ended(hub, daemon, hoursAgo);
  await using part = open(hub);
  await part.rederive();
  if (times > 0) finds(daemon, await daemon.asked("workspace_list"));
  await settle(hub, part);
  expect(daemon.count("workspace_list")).toBe(times);
  // The daemon has none any more: nothing is left to ask about.
  expect(await checkoutsOf(hub, id)).toHaveLength(1 - times);
});

test("a discarding of which nobody heard how it ended is told once its daemon has none, else forgotten", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, {});
  const ids = [await ended(hub, daemon, 0), await ended(hub, daemon, 0)];
  const discarding = ids.map((taskId) =>
    discardWorktree(hub.engine, SYSTEM, { taskId, projectId: daemon.project, serverId: daemon.server.id, force: true }),
  );
  const asked = [await daemon.asked("workspace_discard"), await daemon.asked("workspace_discard", 2)];
  await using part = open(hub);
  await part.rederive();
  await settle(hub, part);
  expect(daemon.count("workspace_list")).toBe(0);

  await hub.sql.query("update engine.checkouts set discarding_since = now() - interval '3 minutes'");
  await part.rederive();
  const [gone = "", stays = ""] = ids;
  finds(daemon, await daemon.asked("workspace_list"), worktree(stays));
  await settle(hub, part);
  expect(await factsOf(hub, gone, "task.worktree_discarded")).toMatchObject([{ details: { forced: true } }]);
  expect(await factsOf(hub, stays, "task.worktree_discarded")).toEqual([]);
  expect([await checkoutsOf(hub, gone), await checkoutsOf(hub, stays)]).toMatchObject([[], [{ branch: "orc/APP-1" }]]);
  expect(await hub.sql.query("select from engine.checkouts where discarding is not null")).toEqual([]);

  // What comes late is not told twice.
  for (const question of asked) agrees(daemon, question);
  await Promise.all(discarding);
  expect(await factsOf(hub, gone, "task.worktree_discarded")).toHaveLength(1);
  expect(await factsOf(hub, stays, "task.worktree_discarded")).toHaveLength(1);
});

test("of two hubs' timers that come at once, one asks", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, {});
  const id = await ended(hub, daemon, 25);
  await using first = open(hub);
  await using second = open(hub);
  await Promise.all([first.rederive(), second.rederive()]);
  finds(daemon, await daemon.asked("workspace_list"), worktree(id));
  agrees(daemon, await daemon.asked("workspace_discard"));
  await settle(hub, first);
  await settle(hub, second);
  expect(daemon.count("workspace_list")).toBe(1);
  expect(await factsOf(hub, id, "task.worktree_discarded")).toHaveLength(1);
});

test("a task that is tried again keeps its checkout, and a daemon of version 1 is asked nothing", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const daemon = await stage(hub, {});
  const id = await ended(hub, daemon, 25);
  await retryTask(hub.engine, SYSTEM, id);
  await using part = open(hub);
  await part.rederive();
  await settle(hub, part);
  const old = await stage(hub, {}, { version: 1 });
  await ended(hub, old, 25);
  await part.rederive();
  await settle(hub, part);
  expect([daemon.count("workspace_list"), old.count("workspace_list")]).toEqual([0, 0]);
});
