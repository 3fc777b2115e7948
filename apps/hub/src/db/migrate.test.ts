import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { expect, test } from "vitest";
import { createEmptyDatabase } from "../testing/test-database.ts";
import { until } from "../testing/until.ts";
import { advisoryLockKeys } from "./advisory-lock-keys.ts";
import { applyMigrations, MigrationRefused } from "./migrate.ts";

/** A folder of migrations of the test's own. */
async function migrations(files: Record<string, string>) {
  const folder = await mkdtemp(path.join(os.tmpdir(), "orchestratia-migrations-"));
  const fileOf = (name: string) => path.join(folder, name, "migration.sql");
  const add = async (name: string, sql: string) => {
    await mkdir(path.join(folder, name), { recursive: true });
    await writeFile(fileOf(name), sql);
  };
  for (const [name, sql] of Object.entries(files)) await add(name, sql);
  return { folder, fileOf, add, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

async function rows<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

const history = (url: string) =>
  rows<{ migration_name: string }>(url, "select migration_name from _prisma_migrations order by started_at").then(
    (found) => found.map((row) => row.migration_name),
  );

const withFunction = `create table counts (n int);
create function bump() returns trigger language plpgsql as $$
begin
  new.n := new.n + 1; -- a semicolon; inside the body
  return new;
end $$;
create trigger bumped before insert on counts for each row execute function bump();`;

test("migrations are applied in the order of their names, once", async () => {
  await using db = await createEmptyDatabase();
  await using m = await migrations({
    "2_second": withFunction,
    "1_first": "create schema other; create table a (n int);",
  });
  expect(await applyMigrations(db.url, m.folder)).toEqual(["1_first", "2_second"]);
  expect(await applyMigrations(db.url, m.folder)).toEqual([]);
  expect(await history(db.url)).toEqual(["1_first", "2_second"]);
  expect(await rows(db.url, "insert into counts values (1) returning n")).toEqual([{ n: 2 }]);
});

test("a migration that fails leaves nothing behind, and the next start goes on with it", async () => {
  await using db = await createEmptyDatabase();
  await using m = await migrations({
    "1_good": "create table good (n int)",
    "2_bad": "create table half (n int); select 1/0",
  });
  await expect(applyMigrations(db.url, m.folder)).rejects.toThrow("2_bad failed and was undone: division by zero");
  expect(await history(db.url)).toEqual(["1_good"]);
  expect(await rows(db.url, "select to_regclass('half') as half")).toEqual([{ half: null }]);

  await m.add("2_bad", "create table half (n int)");
  expect(await applyMigrations(db.url, m.folder)).toEqual(["2_bad"]);
});

test("a migration that was edited after it had been applied is refused", async () => {
  await using db = await createEmptyDatabase();
  await using m = await migrations({ "1_first": "create table a (n int)" });
  await applyMigrations(db.url, m.folder);
  await appendFile(m.fileOf("1_first"), "\n-- a word more");
  await m.add("2_second", "create table b (n int)");
  await expect(applyMigrations(db.url, m.folder)).rejects.toThrow(MigrationRefused);
  await expect(applyMigrations(db.url, m.folder)).rejects.toThrow("1_first was edited");
  expect(await history(db.url)).toEqual(["1_first"]);
});

test("a database that a newer hub has migrated is refused", async () => {
  await using db = await createEmptyDatabase();
  await using newer = await migrations({ "1_first": "select 1", "2_newer": "select 2" });
  await using older = await migrations({ "1_first": "select 1" });
  await applyMigrations(db.url, newer.folder);
  await expect(applyMigrations(db.url, older.folder)).rejects.toThrow("2_newer, which this version does not know");
});

test("a migration that another tool left unfinished is refused", async () => {
  await using db = await createEmptyDatabase();
  await using m = await migrations({ "1_first": "select 1" });
  await applyMigrations(db.url, m.folder);
  await rows(db.url, "update _prisma_migrations set finished_at = null");
  await expect(applyMigrations(db.url, m.folder)).rejects.toThrow("1_first was left unfinished");
});

test("of two hubs that start at once, one migrates and the other finds it done", async () => {
  await using db = await createEmptyDatabase();
  await using m = await migrations({ "1_first": "create table a (n int)", "2_next": withFunction });
  const gate = new pg.Client(db.url);
  await gate.connect();
  await gate.query("select pg_advisory_lock($1)", [advisoryLockKeys.migrations]);
  const both = Promise.all([applyMigrations(db.url, m.folder), applyMigrations(db.url, m.folder)]);
  await until(async () => {
    const { rowCount } = await gate.query(
      `select from pg_locks join pg_database on pg_database.oid = database
       where datname = current_database() and locktype = 'advisory' and not granted`,
    );
    return rowCount === 2;
  });
  await gate.end();
  expect((await both).map((names) => names.length).sort()).toEqual([0, 2]);
  expect(await history(db.url)).toEqual(["1_first", "2_next"]);
});
