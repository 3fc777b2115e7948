import type { HubFrame } from "@orchestratia/protocol/server-link";
import { Completion } from "@orchestratia/protocol/tasks";
import type { ServerId } from "@orchestratia/protocol/vocabulary";
import { expect, onTestFinished, test } from "vitest";
import { completeTask } from "../tasks/complete-task.ts";
import { readPictures } from "../tasks/completion-picture.ts";
import { startTask } from "../tasks/start-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { diff, started } from "../testing/workspace-daemon.ts";
import { DaemonWorkspaces } from "./daemon-workspaces.ts";
import { keepDiff } from "./keep-diff.ts";
import { MISSING, missingDiffs } from "./missing-diffs.ts";

const delivered = Completion.parse({ result: { summary: "done" } });

const MARK = `insert into engine.task_diffs (task_id, project_id, epoch, diff)
  select id, project_id, epoch, 'null' from tasks where id = $1`;

/** A server with done tasks. */
async function withDone(hub: TestEngine, count: number) {
  const daemon = await started(hub, {});
  const ids = [daemon.id];
  await completeTask(hub.engine, daemon.session, daemon.id, delivered);
  while (ids.length < count) {
    const id = await hub.addTask(daemon.project);
    await hub.settled();
    await startTask(hub.engine, daemon.session, id);
    await completeTask(hub.engine, daemon.session, id, delivered);
    ids.push(id);
  }
  return { id: daemon.id, serverId: daemon.server.id, ids };
}

const missing = async (hub: TestEngine): Promise<string[]> =>
  (
    await hub.sql.query<{ task_id: string }>(
      "select task_id from engine.task_diffs where diff = 'null' order by taken_at",
    )
  ).map(({ task_id }) => task_id);

/** The part as the engine has it, but a daemon is silent for it after 20 ms. */
function impatient(hub: TestEngine) {
  const workspaces = new DaemonWorkspaces(hub.sessionHub.connections, 20);
  onTestFinished(() => workspaces[Symbol.dispose]());
  const engine = { ...hub.engine, workspaces };
  const part = missingDiffs(() => engine, hub.sessionHub.connections);
  onTestFinished(() => part[Symbol.asyncDispose]());
  /** The tasks whose diffs that server's daemon is asked for; it answers at once while `isAwake`. */
  const askedOf = (serverId: ServerId, isAwake = () => true): string[] => {
    const asked: string[] = [];
    const onFrame = (frame: HubFrame) => {
      if (frame.type !== "workspace_diff") return;
      asked.push(frame.task_id);
      const { request_id } = frame;
      if (isAwake()) workspaces.received(serverId, { type: "workspace_result", request_id, ok: true, diff });
    };
    hub.connect(serverId, onFrame, { version: 2 });
    return asked;
  };
  return {
    engine,
    askedOf,
    async run() {
      await part.rederive();
      await part.settled();
    },
  };
}

test("a daemon that comes back and is slow is asked again, each time for one task, and at last for what it was silent about", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { ids, serverId } = await withDone(hub, 2);
  const { run, askedOf } = impatient(hub);
  let isAwake = false;
  const asked = askedOf(serverId, () => isAwake);
  await hub.settled();
  for (const id of ids) await hub.sql.query(MARK, [id]);
  const [slow, other] = ids;
  await run();
  expect(asked).toEqual([slow]);
  expect(await missing(hub)).toEqual(ids);
  isAwake = true;
  await run();
  expect(asked).toEqual([slow, other, slow]);
  expect(await missing(hub)).toEqual([]);
});

test("what a daemon is too slow to say at the completion itself is asked for later as well", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { id, server } = await started(hub, {});
  const picture = (await readPictures(hub.sql, [id])).get(id);
  if (!picture) throw new Error("no such task");
  await keepDiff(impatient(hub).engine, picture, server.id);
  expect(await missing(hub)).toEqual([id]);
});

test("one server's diffs that cannot be kept hold up no other's", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const [ours, theirs] = [await withDone(hub, 2), await withDone(hub, 1)];
  const { run, askedOf } = impatient(hub);
  for (const { serverId } of [ours, theirs]) askedOf(serverId);
  await hub.settled();
  for (const id of [...ours.ids, theirs.id]) await hub.sql.query(MARK, [id]);
  const check = `task_id <> '${ours.id}' or diff = 'null'`;
  await hub.sql.query(`alter table engine.task_diffs add constraint no_diff check (${check})`);
  await run();
  expect(await missing(hub)).toEqual(ours.ids);
});

test("a hub to which no daemon is connected does not even look for what is missing", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const looks: string[] = [];
  const sql = {
    query: (statement: typeof MISSING, values: unknown[]) => {
      looks.push(statement.name);
      return hub.sql.query(statement, values);
    },
  };
  const engine = { ...hub.engine, database: { ...hub.engine.database, sql } } as typeof hub.engine;
  const connected: string[] = [];
  const connections = { connected: () => connected as ServerId[], onChange: () => () => {} };
  await using part = missingDiffs(() => engine, connections);
  await part.rederive();
  await part.settled();
  expect(looks).toEqual([]);
  connected.push("7c9e6679-7425-40de-944b-e07fc1f90ae7");
  await part.rederive();
  await part.settled();
  expect(looks).toEqual([MISSING.name]);
});

test("what is missing is found without reading what is kept", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const client = await hub.engine.database.pool.connect();
  try {
    await client.query("set enable_seqscan = off");
    const { rows } = await client.query({ text: `explain ${MISSING.text}`, values: [[]], name: "explained" });
    const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
    expect(plan).toContain("using task_diffs_missing");
    expect(plan).not.toMatch(/Filter.*diff = 'null'/);
  } finally {
    client.release(true);
  }
});
