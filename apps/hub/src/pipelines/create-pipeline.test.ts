import { NewPipeline } from "@orchestratia/protocol/pipelines";
import { expect, test } from "vitest";
import type { z } from "zod";
import { SYSTEM } from "../access/caller.ts";
import { cancelTask } from "../tasks/cancel-task.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine } from "../testing/test-engine.ts";
import { createPipeline } from "./create-pipeline.ts";

type Task = z.input<typeof NewPipeline>["tasks"][number];
const task = (id: string, more: Partial<Task> = {}): Task => ({ id, title: `Step ${id}`, spec: "Do it.", ...more });
const pipeline = (tasks: Task[], dry_run = false) => NewPipeline.parse({ tasks, dry_run });

test("tasks, inputs and assignments are made at once, whatever order the file has", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const server = await hub.addServer(project, { max: 1 });
  const session = await hub.addSession(project, server);
  const existing = await hub.addTask(project, { auto_assign: false });
  const { idMap, taskIds } = await createPipeline(
    hub.engine,
    SYSTEM,
    project,
    pipeline([
      task("ship", { depends_on: [{ task: "build", dependency_type: "input", contract_key: "app" }, existing] }),
      task("build", { depends_on: [2], assign: session.name, repo: "shop" }),
      { title: "Plan", spec: "Think.", assign: session.name },
    ]),
  );
  await hub.settled();
  expect(idMap).toEqual({ ship: taskIds[0], build: taskIds[1], 2: taskIds[2] });
  const [ship, build, plan] = await Promise.all(taskIds.map((id) => hub.task(id)));
  expect(ship).toMatchObject({ status: "pending", blockers: 2 });
  expect(build).toMatchObject({ status: "assigned", blockers: 1, target_repo: "shop", auto_assign: false });
  expect(plan).toMatchObject({ status: "assigned", assigned_session_id: session.id });
  // The one that is free reaches the session that has both; the blocked one takes no place.
  expect(server.frames.filter(({ type }) => type === "task_assigned")).toMatchObject([{ task_id: taskIds[2] }]);
  expect(await hub.sql.query("select active_tasks from servers")).toEqual([{ active_tasks: 1 }]);
});

test("whatever is wrong is refused before anything is made, in a dry run as in earnest", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const wrong: [string, Task[]][] = [
    ["dependency_cycle", [task("a", { depends_on: ["b"] }), task("b", { depends_on: ["a"] })]],
    ["dependency_cycle", [task("a", { depends_on: ["a"] })]],
    ["task_not_found", [task("a"), task("b", { depends_on: ["nobody"] })]],
    ["session_not_found", [task("a"), task("b", { assign: "nobody" })]],
    ["dependency_exists", [task("a"), task("b", { depends_on: ["a", 0] })]],
    [
      "input_name_taken",
      [
        task("a"),
        task("b"),
        task("c", {
          depends_on: [
            { task: "a", dependency_type: "input", contract_key: "k" },
            { task: "b", dependency_type: "input", contract_key: "k" },
          ],
        }),
      ],
    ],
    ["pipeline_invalid", [task("a"), task("a")]],
    ["task_not_assignable", [task("a", { type: "epic", assign: "worker" })]],
  ];
  await hub.addSession(project, await hub.addServer(project));
  await hub.sql.query("update sessions set name = 'worker'");
  for (const [code, tasks] of wrong) {
    for (const dryRun of [true, false]) {
      await expect(createPipeline(hub.engine, SYSTEM, project, pipeline(tasks, dryRun))).rejects.toMatchObject({
        code,
      });
    }
  }
  expect(await hub.sql.query("select id from tasks")).toEqual([]);
  expect(await hub.sql.query("select seq from activity_log where event_type like 'task.%'")).toEqual([]);
});

test("a circle is told in the titles of the file", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const circle = pipeline([
    task("a", { depends_on: ["c"] }),
    task("b", { depends_on: ["a"] }),
    task("c", { depends_on: ["b"] }),
  ]);
  await expect(createPipeline(hub.engine, SYSTEM, project, circle)).rejects.toMatchObject({
    members: { path: ["Step c", "Step b", "Step a", "Step c"] },
  });
});

test("a dry run keeps nothing and warns as the real one would", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const tasks = [
    task("a"),
    task("b", { depends_on: [{ task: "a", dependency_type: "input", contract_key: "undeclared" }] }),
  ];
  const dry = await createPipeline(hub.engine, SYSTEM, project, pipeline(tasks, true));
  expect(dry.warnings).toEqual([expect.stringContaining('"undeclared"')]);
  expect(await hub.sql.query("select id from tasks")).toEqual([]);
  const real = await createPipeline(hub.engine, SYSTEM, project, pipeline(tasks));
  expect(real.warnings).toEqual(dry.warnings);
  // The dry run took no numbers either.
  expect(await hub.sql.query("select number from tasks order by number")).toEqual([{ number: 1 }, { number: 2 }]);
});

test("epics, their children in order and what waits for them are made from one file", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  await hub.addServer(project);
  const existing = await hub.addTask(project, { type: "epic", exec_mode: "seq", title: "Existing" });
  const before = await hub.addTask(project, { parent_id: existing, title: "before", auto_assign: false });
  const { idMap } = await createPipeline(
    hub.engine,
    SYSTEM,
    project,
    pipeline([
      task("ship", { depends_on: ["epic"] }),
      task("two", { parent: "inner" }),
      task("one", { parent: "epic" }),
      task("inner", { parent: "epic", type: "epic" }),
      task("last", { parent: 4 + 1 }),
      task("epic", { type: "epic", exec_mode: "seq" }),
      task("behind", { parent: existing }),
    ]),
  );
  await hub.settled();
  const of = async (name: string) => {
    const { parent_id, status, blockers, number } = await hub.task(idMap[name] as string);
    return { parent_id, status, blockers, number };
  };
  expect(await of("ship")).toEqual({ parent_id: null, status: "pending", blockers: 1, number: 3 });
  expect(await of("one")).toEqual({ parent_id: idMap.epic, status: "assigned", blockers: 0, number: 5 });
  expect(await of("inner")).toMatchObject({ parent_id: idMap.epic, status: "pending", blockers: 1 });
  expect(await of("two")).toMatchObject({ parent_id: idMap.inner, status: "pending", blockers: 1 });
  expect(await of("last")).toMatchObject({ parent_id: idMap.epic, blockers: 1 });
  expect(await of("behind")).toMatchObject({ parent_id: existing, status: "pending", blockers: 1 });
  const waits = await hub.sql.query<{ up: string; down: string }>(
    `select u.title as up, t.title as down from task_dependencies d join tasks t on t.id = d.task_id
       join tasks u on u.id = d.depends_on_task_id where d.dependency_type = 'order' order by t.number`,
  );
  expect(waits.map(({ up, down }) => `${down} after ${up}`)).toEqual([
    "Step two after Step one",
    "Step inner after Step one",
    "Step last after Step inner",
    "Step behind after before",
  ]);
  expect(await hub.task(before)).toMatchObject({ blockers: 0 });
});

test("a refusal names the task of the file and the field", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const over = await hub.addTask(project, { auto_assign: false });
  await cancelTask(hub.engine, SYSTEM, over);
  const wrong: [code: string, entry: object, detail: string, Task[]][] = [
    [
      "task_not_found",
      { index: 1, id: "b", field: "depends_on[0]" },
      'tasks[1] ("b"), depends_on[0]: ',
      [task("a"), task("b", { depends_on: ["nobody"] })],
    ],
    [
      "task_not_found",
      { index: 0, id: "a", field: "parent" },
      'tasks[0] ("a"), parent: ',
      [task("a", { parent: "nobody" })],
    ],
    [
      "parent_settled",
      { index: 1, id: "b", field: "parent" },
      "takes no more children",
      [task("a"), task("b", { parent: over })],
    ],
    [
      "session_not_found",
      { index: 1, id: null, field: "assign" },
      "tasks[1], assign: ",
      [task("a"), { title: "B", spec: "B", assign: "nobody" }],
    ],
    [
      "pipeline_invalid",
      { index: 2, id: "a", field: "id" },
      "tasks[0] has this id already",
      [task("a"), task("b"), task("a")],
    ],
    [
      "pipeline_invalid",
      { index: 0, id: "a", field: "parent" },
      "below itself",
      [task("a", { parent: "b" }), task("b", { parent: "a" })],
    ],
    [
      "dependency_exists",
      { index: 1, id: "b", field: "depends_on[1]" },
      "already",
      [task("a"), task("b", { depends_on: ["a", 0] })],
    ],
    [
      "contract_schema_invalid",
      { index: 0, id: "a", field: "structured_spec" },
      'tasks[0] ("a"), structured_spec: ',
      [
        task("a", {
          structured_spec: { expected_output: { contracts: [{ key: "k", schema: { type: 7 } }] } } as never,
        }),
      ],
    ],
  ];
  for (const [code, entry, detail, tasks] of wrong) {
    const refused = createPipeline(hub.engine, SYSTEM, project, pipeline(tasks));
    await expect(refused).rejects.toMatchObject({ code, detail: expect.stringContaining(detail), members: { entry } });
  }
  expect(await hub.sql.query("select number from tasks")).toEqual([{ number: 1 }]);
});

test("an order that the file's own dependencies contradict is told in its titles", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const contradiction = pipeline([
    task("p", { type: "epic", exec_mode: "seq" }),
    task("a", { parent: "p", depends_on: ["b"] }),
    task("b", { parent: "p" }),
  ]);
  await expect(createPipeline(hub.engine, SYSTEM, project, contradiction)).rejects.toMatchObject({
    code: "dependency_cycle",
    detail: "This would close a circle: Step b → Step a → Step b.",
    members: { path: ["Step b", "Step a", "Step b"] },
  });
  expect(await hub.sql.query("select id from tasks")).toEqual([]);
});

test("a dry run says where each task would go, and why one would go nowhere", async () => {
  await using database = await createTestDatabase();
  await using hub = await openTestEngine(database.url);
  const project = await hub.addProject();
  const small = await hub.addServer(project, { name: "small", repos: ["shop"], max: 1 });
  const large = await hub.addServer(project, { name: "large", max: 9 });
  const session = await hub.addSession(project, large);
  const needs = (repo: string) => ({ structured_spec: { capability_requirements: { repo } } });
  const { placements } = await createPipeline(
    hub.engine,
    SYSTEM,
    project,
    pipeline(
      [
        task("one", needs("shop")),
        task("two", { ...needs("shop"), priority: "high" }),
        task("later", { ...needs("shop"), depends_on: ["one"] }),
        task("none", needs("forge")),
        task("mine", { assign: session.name }),
        task("hand", { auto_assign: false }),
        task("epic", { type: "epic" }),
      ],
      true,
    ),
  );
  expect(placements.map(({ id, server_name, reason, blocked }) => [id, server_name, reason, blocked])).toEqual([
    ["one", null, "Waiting for a free place on small", false],
    ["two", "small", null, false],
    ["later", "small", null, true],
    ["none", null, "No server with repo forge is registered", false],
    ["mine", "large", null, false],
    ["hand", null, "Not to be assigned automatically", false],
    ["epic", null, "Done when its children are", false],
  ]);
  expect(placements[1]).toMatchObject({ index: 1, title: "Step two", server_id: small.id });
  expect(await hub.sql.query("select id from tasks")).toEqual([]);
  expect(await hub.sql.query("select distinct active_tasks from servers")).toEqual([{ active_tasks: 0 }]);
});

test("members that nobody would read are refused by name", () => {
  const issue = (file: object) => {
    const { error } = NewPipeline.safeParse(file);
    return error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  };
  expect(issue({ tasks: [{ title: "T", spec: "S", parent_id: "APP-1" }] })).toBe(
    'tasks.0: Unrecognized key: "parent_id"',
  );
  expect(issue({ tasks: [{ title: "T", spec: "S", depends_on: [{ task: "a", contract: "k" }] }] })).toBe(
    'tasks.0.depends_on.0: Unrecognized key: "contract"',
  );
  expect(issue({ tasks: [{ title: "T", spec: "S" }], dryrun: true })).toBe(': Unrecognized key: "dryrun"');
});
