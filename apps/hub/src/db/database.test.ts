import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { createTestDatabase } from "../testing/test-database.ts";
import { until } from "../testing/until.ts";
import { openDatabase } from "./database.ts";

test("Prisma and SQL see the same rows through one pool", async () => {
  await using testDatabase = await createTestDatabase();
  await using db = openDatabase(testDatabase.url, { maxConnections: 1 });
  await db.warm();
  const { id } = await db.prisma.projects.create({ data: { key: "APP", name: "An app" } });
  expect(await db.sql.query("select id, name from projects")).toEqual([{ id, name: "An app" }]);
  expect(db.pool.totalCount).toBe(1);
});

test("bigints are numbers in SQL, and too large ones an error instead of a wrong number", async () => {
  await using testDatabase = await createTestDatabase();
  await using db = openDatabase(testDatabase.url);
  expect(await db.sql.query("select 9007199254740991::bigint as n, array[1, null]::bigint[] as list")).toEqual([
    { n: Number.MAX_SAFE_INTEGER, list: [1, null] },
  ]);
  await expect(db.sql.query("select 9007199254740993::bigint")).rejects.toThrow("does not fit");
});

test("bigints are still bigints in Prisma", async () => {
  await using testDatabase = await createTestDatabase();
  await using db = openDatabase(testDatabase.url);
  const consumer = `test-${randomUUID()}`;
  await db.prisma.cursors.create({ data: { consumer, position: 7n } });
  expect(await db.prisma.cursors.findUnique({ where: { consumer } })).toEqual({ consumer, position: 7n });
});

test("an idle connection that breaks is reported and replaced", async () => {
  await using testDatabase = await createTestDatabase();
  const errors: Error[] = [];
  await using db = openDatabase(testDatabase.url, { onConnectionError: (error) => errors.push(error) });
  await using other = openDatabase(testDatabase.url);
  const [own] = await db.sql.query<{ pid: number }>("select pg_backend_pid() as pid");
  await other.sql.query("select pg_terminate_backend($1)", [own?.pid]);
  await until(() => errors.length > 0);
  expect(await db.sql.query("select 1 as one")).toEqual([{ one: 1 }]);
});
