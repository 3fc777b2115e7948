import { Completion } from "@orchestratia/protocol/tasks";
import type { ServerId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { assignTask, unassignTask } from "../tasks/assign-task.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { completeTask } from "../tasks/complete-task.ts";
import { failTask } from "../tasks/fail-task.ts";
import { startTask } from "../tasks/start-task.ts";
import { updateTask } from "../tasks/update-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { until } from "../testing/until.ts";

const finished = Completion.parse({ result: { summary: "done" } });

/** One server that takes one task at a time, and starts no sessions of its own. */
async function place(hub: TestEngine, server: Parameters<TestEngine["addServer"]>[1] = { max: 1 }) {
  const project = await hub.addProject({ auto_start_sessions: false });
  return { project, server: await hub.addServer(project, server) };
}
const statusOf = async (hub: TestEngine, id: string) => (await hub.task(id)).status;
const isAssigned = async (hub: TestEngine, id: string) => (await statusOf(hub, id)) === "assigned";

test("a free place goes to the highest priority, and half an hour of waiting is worth one level of it", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject({ auto_start_sessions: false });
  const waiting = async (priority: string, minutes: number) => {
    const id = await hub.addTask(project, { priority });
    await hub.sql.query("update tasks set eligible_at = now() - make_interval(mins => $2) where id = $1", [
      id,
      minutes,
    ]);
    return id;
  };
  const tasks = {
    young: await waiting("normal", 1),
    old: await waiting("low", 95),
    critical: await waiting("critical", 10),
    older: await waiting("normal", 2),
  };
  const server = await hub.addServer(project, { max: 1 });
  hub.engine.matcher.wake(project);
  const order: string[] = [];
  for (let n = 0; n < 4; n += 1) {
    await hub.settled();
    const placed: string[] = [];
    for (const [name, id] of Object.entries(tasks)) if (await isAssigned(hub, id)) placed.push(name);
    expect(placed).toHaveLength(1);
    const name = placed[0] as keyof typeof tasks;
    order.push(name);
    await failTask(hub.engine, await hub.addSession(project, server, "shell"), tasks[name], "next");
  }
  expect(order).toEqual(["critical", "old", "older", "young"]);
});

test("two thousand tasks of a high priority that no server can take do not hide one that waits behind them", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project } = await place(hub);
  await hub.sql.query(
    `insert into tasks (project_id, number, key, title, spec, priority, requirements, created_by)
     select $1, 10000 + n, 'X-' || n, 'T', 'S', 'critical',
       '{"repo":"nowhere","languages":[],"environments":[],"tools":[],"tags":[]}', '{}' from generate_series(1, 6000) as n`,
    [project],
  );
  const task = await hub.addTask(project, { priority: "low" });
  await hub.settled();
  expect(await statusOf(hub, task)).toBe("assigned");
});

/** Tasks that wait longer than any other, each asking for what `requirements` says of its number. */
const addWaiting = (hub: TestEngine, project: string, count: number, requirements: string, tried: ServerId[] = []) =>
  hub.sql.query(
    `insert into tasks (project_id, number, key, title, spec, priority, requirements, tried_servers, created_by, eligible_at)
     select $1, 10000 + n, 'X-' || n, 'T', 'S', 'normal',
       '{"languages":[],"environments":[],"tools":[],"tags":[]}'::jsonb || (${requirements}), $3, '{}',
       now() - interval '1 hour' + n * interval '1 millisecond'
     from generate_series(1, $2::int) as n`,
    [project, count, tried],
  );
const NOWHERE: Record<string, string> = {
  "that ask for one absent repo": `'{"repo":"nowhere"}'`,
  "that each ask for another absent repo": "jsonb_build_object('repo', 'nowhere-' || n)",
};

test.for(Object.entries(NOWHERE))(
  "thousands of older tasks %s hide no younger one of their priority",
  async ([, requirements]) => {
    await using database = await createTestDatabase();
    await using hub = await openTestEngine(database.url);
    const project = await hub.addProject({ auto_start_sessions: false });
    await addWaiting(hub, project, 4_500, requirements);
    const lower = await hub.addTask(project, { priority: "low" });
    const younger = await hub.addTask(project);
    // All of them are there before there is a place.
    await hub.addServer(project, { max: 1 });
    hub.engine.matcher.wake(project);
    await hub.settled();
    // One place: it goes by the order of all, not to the first priority whose page had a task that could be placed.
    expect([await statusOf(hub, younger), await statusOf(hub, lower)]).toEqual(["assigned", "pending"]);
  },
);

test("nor do thousands that were tried on the only server, and those of a kind that another server takes are placed", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub, { max: 2 });
  await addWaiting(hub, project, 2_100, "'{}'", [server.id]);
  const younger = await hub.addTask(project);
  await hub.settled();
  expect(await statusOf(hub, younger)).toBe("assigned");
  await hub.addServer(project, { max: 2_050 });
  hub.engine.matcher.wake(project);
  await hub.settled();
  const [row] = await hub.sql.query(
    "select count(*)::int as n from tasks where project_id = $1 and status = 'assigned'",
    [project],
  );
  expect(row).toEqual({ n: 2_051 });
});

test("whatever gives a place back lets the next task in: completion, failure, cancel, taking back, another server", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub);
  const other = await hub.addServer(project, { max: 0 });
  const session = await hub.addSession(project, server, "shell");
  const frees: ((id: string) => Promise<void>)[] = [
    async (id) => {
      await startTask(hub.engine, session, id);
      await completeTask(hub.engine, session, id, finished);
    },
    (id) => failTask(hub.engine, session, id, "no"),
    (id) => cancelTask(hub.engine, SYSTEM, id),
    (id) => unassignTask(hub.engine, SYSTEM, id),
    (id) => assignTask(hub.engine, SYSTEM, id, { server_id: other.id }),
  ];
  for (const free of frees) {
    const [first, second] = [await hub.addTask(project), await hub.addTask(project)];
    await hub.settled();
    expect([await statusOf(hub, first), await statusOf(hub, second)]).toEqual(["assigned", "pending"]);
    await free(first);
    await hub.settled();
    expect(await statusOf(hub, second)).toBe("assigned");
    await cancelTask(hub.engine, SYSTEM, second);
  }
});

test("a task is placed when its requirements or its priority of being placed at all are edited", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project } = await place(hub, { max: 9, repos: ["shop"] });
  const elsewhere = await hub.addTask(project, { structured_spec: { capability_requirements: { repo: "other" } } });
  const byHand = await hub.addTask(project, { auto_assign: false });
  await hub.settled();
  expect([await statusOf(hub, elsewhere), await statusOf(hub, byHand)]).toEqual(["pending", "pending"]);
  await updateTask(hub.engine, SYSTEM, elsewhere, { structured_spec: { capability_requirements: { repo: "SHOP" } } });
  await updateTask(hub.engine, SYSTEM, byHand, { auto_assign: true });
  await hub.settled();
  expect([await statusOf(hub, elsewhere), await statusOf(hub, byHand)]).toEqual(["assigned", "assigned"]);
});

test("a task that becomes eligible later is placed then, by nobody's doing", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project } = await place(hub);
  const task = await hub.addTask(project, { auto_assign: false });
  await hub.sql.query(
    "update tasks set auto_assign = true, eligible_at = now() + interval '300 milliseconds' where id = $1",
    [task],
  );
  hub.engine.matcher.wake(project);
  await hub.settled();
  expect(await statusOf(hub, task)).toBe("pending");
  await until(() => isAssigned(hub, task));
});

test("a task that a completion unblocks does not overtake one of a higher priority that waits for the same place", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub);
  const session = await hub.addSession(project, server, "shell");
  const first = await hub.addTask(project);
  await hub.settled();
  await startTask(hub.engine, session, first);
  const next = await hub.addTask(project, { dependency_ids: [first], priority: "low" });
  const urgent = await hub.addTask(project, { priority: "critical" });
  await hub.settled();
  await completeTask(hub.engine, session, first, finished);
  await hub.settled();
  expect([await statusOf(hub, next), await statusOf(hub, urgent)]).toEqual(["pending", "assigned"]);
});

test("of several that a completion unblocks the highest priority gets the place", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub);
  const session = await hub.addSession(project, server, "shell");
  const first = await hub.addTask(project);
  await hub.settled();
  await startTask(hub.engine, session, first);
  const dependents: string[] = [];
  for (const priority of ["low", "normal", "critical", "high"]) {
    dependents.push(await hub.addTask(project, { dependency_ids: [first], priority }));
  }
  await completeTask(hub.engine, session, first, finished);
  await hub.settled();
  const statuses = await Promise.all(dependents.map((id) => statusOf(hub, id)));
  expect(statuses).toEqual(["pending", "pending", "assigned", "pending"]);
});

test("a server that is not reachable gets nothing, and the task when it is back", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const { project, server } = await place(hub);
  const changed = async (id: ServerId) => hub.engine.matcher.wake((await hub.engine.fleet.refresh(id)) as string);
  hub.disconnect(server.id);
  await changed(server.id);
  const task = await hub.addTask(project);
  await hub.settled();
  expect(await statusOf(hub, task)).toBe("pending");
  hub.connect(server.id);
  await changed(server.id);
  await hub.settled();
  expect(await statusOf(hub, task)).toBe("assigned");
});
