import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "../db/database.ts";
import { createTestDatabase, type TestDatabase } from "../testing/test-database.ts";
import { resolveTaskRef } from "./task-ref.ts";

let place: TestDatabase;
let database: Database;
let app: ProjectId;
let other: ProjectId;

beforeAll(async () => {
  place = await createTestDatabase();
  database = openDatabase(place.url);
  app = await addProject("APP");
  other = await addProject("ABCD1234");
  await addTask(app, 1, "abcd1234-0000-4000-8000-000000000001", "APP-1");
  await addTask(app, 2, "abcd1234-ffff-4000-8000-000000000002", "APP-2");
  await addTask(app, 3, "77777777-0000-4000-8000-000000000003", "APP-3");
  await addTask(other, 1, "abcd1234-0000-4000-8000-000000000004", "ABCD1234-1");
  for (let n = 10; n < 17; n++) await addTask(app, n, `eeee0000-0000-4000-8000-0000000000${n}`, `APP-${n}`);
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

async function addProject(key: string): Promise<ProjectId> {
  const rows = await database.sql.query<{ id: ProjectId }>(
    "insert into projects (key, name) values ($1, $1) returning id",
    [key],
  );
  return rows[0]?.id as ProjectId;
}

const addTask = (projectId: ProjectId, number: number, id: string, key: string) =>
  database.sql.query(
    "insert into tasks (id, project_id, number, key, title, spec, created_by) values ($1, $2, $3, $4, 'A task', 'Do it.', '{}')",
    [id, projectId, number, key],
  );

test.each([
  ["its key", "APP-2", "abcd1234-ffff-4000-8000-000000000002"],
  ["its key in small letters", "app-2", "abcd1234-ffff-4000-8000-000000000002"],
  ["its id", "77777777-0000-4000-8000-000000000003", "77777777-0000-4000-8000-000000000003"],
  ["its id in capitals", "ABCD1234-0000-4000-8000-000000000001", "abcd1234-0000-4000-8000-000000000001"],
  ["four characters of its id", "7777", "77777777-0000-4000-8000-000000000003"],
  ["a longer prefix", "abcd1234-f", "abcd1234-ffff-4000-8000-000000000002"],
])("a task is found by %s", async (_, ref, id) => {
  expect(await resolveTaskRef(database, app, ref)).toBe(id);
});

test("a key comes before an id that begins the same", async () => {
  expect(await resolveTaskRef(database, other, "abcd1234-1")).toBe("abcd1234-0000-4000-8000-000000000004");
});

test.each([
  "APP-99",
  "777",
  "88888888",
  "77777777-0000-4000-8000-000000000009",
  "nonsense",
  "APP-99999999999",
  "%",
  "' or 1=1",
])("%j is no task", async (ref) => {
  await expect(resolveTaskRef(database, app, ref)).rejects.toMatchObject({ code: "task_not_found" });
});

test("another project's task is not found, by whatever name", async () => {
  for (const ref of ["ABCD1234-1", "abcd1234-0000-4000-8000-000000000004"]) {
    await expect(resolveTaskRef(database, app, ref)).rejects.toMatchObject({ code: "task_not_found" });
  }
  // The prefix alone would be ambiguous if the other project's task counted.
  expect(await resolveTaskRef(database, other, "abcd")).toBe("abcd1234-0000-4000-8000-000000000004");
});

test("an ambiguous prefix names the tasks it could be, five at most", async () => {
  await expect(resolveTaskRef(database, app, "abcd1234")).rejects.toMatchObject({
    code: "task_ambiguous",
    detail: "abcd1234 could be APP-1, APP-2.",
    members: { candidates: [expect.objectContaining({ key: "APP-1" }), expect.objectContaining({ key: "APP-2" })] },
  });
  const many = await resolveTaskRef(database, app, "eeee").catch((problem) => problem);
  expect(many.members.candidates).toHaveLength(5);
  expect(many.detail).toBe("eeee could be APP-10, APP-11, APP-12, APP-13, APP-14 or others.");
});
