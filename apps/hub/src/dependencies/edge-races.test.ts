import type { TaskId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { SYSTEM } from "../access/caller.ts";
import { respondIntervention } from "../interventions/respond-intervention.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { openTestEngine, type TestEngine } from "../testing/test-engine.ts";
import { addDependency } from "./add-dependency.ts";
import { removeDependency } from "./remove-dependency.ts";

const ROWS = "select id from tasks where id = any($1::uuid[]) for update";

const waitFor = (hub: TestEngine, id: string, upstream: string) =>
  addDependency(hub.engine, SYSTEM, id, { depends_on_task_id: upstream as TaskId, dependency_type: "blocks" });

// Two engines: one engine's writer would keep them in line, and what is tested is that the locks do.
test("two edges that close a circle only together, added at once: one is refused with the way round", async () => {
  await using database = await createTestDatabase();
  await using left = await openTestEngine(database.url);
  await using right = await openTestEngine(database.url);
  const project = await left.addProject();
  const task = () => left.addTask(project, { auto_assign: false });
  const [a, b, c, d] = [await task(), await task(), await task(), await task()];
  await waitFor(left, b, a);
  await waitFor(left, d, c);
  // They touch no task in common.
  const outcomes = await left.race<unknown>(ROWS, [[a, c]], [() => waitFor(left, a, d), () => waitFor(right, c, b)]);
  const refused = outcomes.filter((outcome) => outcome.status === "rejected");
  expect(refused).toHaveLength(1);
  expect(refused[0]?.reason).toMatchObject({ code: "dependency_cycle" });
  const path: string[] = refused[0]?.reason.members.path ?? [];
  expect(path).toHaveLength(5);
  expect(path.at(0)).toBe(path.at(-1));
  const blockers = await left.sql.query<{ blockers: number }>("select blockers from tasks where id = any($1)", [
    [a, c],
  ]);
  expect(blockers.map((row) => row.blockers).sort()).toEqual([0, 1]);
});

test("one edge is added twice at once: it is there once", async () => {
  await using database = await createTestDatabase();
  await using left = await openTestEngine(database.url);
  await using right = await openTestEngine(database.url);
  const project = await left.addProject();
  const task = () => left.addTask(project, { auto_assign: false });
  const [id, upstream] = [await task(), await task()];
  const outcomes = await left.race<unknown>(
    ROWS,
    [[id]],
    [() => waitFor(left, id, upstream), () => waitFor(right, id, upstream)],
  );
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(outcomes.find((outcome) => outcome.status === "rejected")?.reason).toMatchObject({
    code: "dependency_exists",
  });
  expect(await left.task(id)).toMatchObject({ blockers: 1 });
});

test("a dependency is dropped by hand and by an answer at once: the task is freed once", async () => {
  await using database = await createTestDatabase();
  await using left = await openTestEngine(database.url);
  await using right = await openTestEngine(database.url);
  const project = await left.addProject();
  const task = () => left.addTask(project, { auto_assign: false });
  const [id, upstream, other] = [await task(), await task(), await task()];
  await waitFor(left, id, upstream);
  await waitFor(left, id, other);
  await left.sql.query("update tasks set status = 'cancelled', completed_at = now() where id = $1", [upstream]);
  await left.engine.rederive();
  const [asked] = await left.sql.query<{ id: string }>("select id from interventions where status = 'pending'");
  const outcomes = await left.race<unknown>(
    ROWS,
    [[id]],
    [
      () => removeDependency(left.engine, SYSTEM, id, upstream),
      () => respondIntervention(right.engine, SYSTEM, asked?.id ?? "", "Drop the dependency"),
    ],
  );
  const refused = outcomes.filter((outcome) => outcome.status === "rejected");
  expect(refused).toHaveLength(1);
  expect(refused[0]?.reason.code).toMatch(/^(intervention_settled|dependency_not_found)$/);
  expect(await left.task(id)).toMatchObject({ blockers: 1 });
});
