import { NewPipeline } from "@orchestratia/protocol/pipelines";
import { expect, test } from "vitest";
import type { z } from "zod";
import { SYSTEM } from "../access/caller.ts";
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
