import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createEmptyDatabase, type TestDatabase } from "../testing/test-database.ts";
import { until } from "../testing/until.ts";
import { type Database, openDatabase } from "./database.ts";
import { projectLock, type Tx, transaction } from "./transaction.ts";

let testDatabase: TestDatabase;
let db: Database;

beforeAll(async () => {
  testDatabase = await createEmptyDatabase();
  db = openDatabase(testDatabase.url, { maxConnections: 5 });
});
afterAll(async () => {
  await db[Symbol.asyncDispose]();
  await testDatabase[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await db.sql.query("drop table if exists counts");
  await db.sql.query("create table counts (id int primary key, n int not null)");
  await db.sql.query("insert into counts values (1, 0), (2, 0)");
});

const countOf = async (id: number) =>
  (await db.sql.query<{ n: number }>("select n from counts where id = $1", [id]))[0]?.n;
const add = (tx: Tx, id: number) => tx.query("update counts set n = n + 1 where id = $1", [id]);
const waiting = async () =>
  (await db.sql.query("select 1 from pg_stat_activity where wait_event_type = 'Lock'")).length;

describe("a transaction", () => {
  test("commits what its work did and returns what it returned", async () => {
    const result = await transaction(db.pool, async (tx) => {
      await add(tx, 1);
      return "done";
    });
    expect(result).toBe("done");
    expect(await countOf(1)).toBe(1);
  });

  test("undoes everything when its work throws", async () => {
    const refusal = new Error("no");
    const attempt = transaction(db.pool, async (tx) => {
      await add(tx, 1);
      throw refusal;
    });
    await expect(attempt).rejects.toBe(refusal);
    expect(await countOf(1)).toBe(0);
  });

  test("does not pass for committed when a failed statement was swallowed", async () => {
    const attempt = transaction(db.pool, async (tx) => {
      await add(tx, 1);
      await tx.query("select 1/0").catch(() => {});
    });
    await expect(attempt).rejects.toThrow("rolled back");
    expect(await countOf(1)).toBe(0);
  });

  test("survives the death of its connection, and so does the pool", async () => {
    const attempt = transaction(db.pool, (tx) => tx.query("select pg_terminate_backend(pg_backend_pid())"));
    await expect(attempt).rejects.toThrow();
    expect(await transaction(db.pool, (tx) => tx.query("select 1 as one"))).toEqual([{ one: 1 }]);
  });

  test("runs again when it was chosen to break a deadlock", async () => {
    let runs = 0;
    let firstRowsTaken = 0;
    const move = (from: number, to: number) =>
      transaction(db.pool, async (tx) => {
        runs++;
        await add(tx, from);
        firstRowsTaken++;
        await until(() => firstRowsTaken >= 2); // both hold one row before either asks for the other's
        await add(tx, to);
      });
    await Promise.all([move(1, 2), move(2, 1)]);
    expect(runs).toBe(3);
    expect([await countOf(1), await countOf(2)]).toEqual([2, 2]);
  });

  test("gives up after the third repetition", async () => {
    let runs = 0;
    const attempt = transaction(db.pool, (tx) => {
      runs++;
      return tx.query("do $$ begin raise exception 'again' using errcode = 'serialization_failure'; end $$");
    });
    await expect(attempt).rejects.toThrow("again");
    expect(runs).toBe(4);
  });
});

describe("the project's lock", () => {
  const first = "11111111-1111-4111-8111-111111111111";
  const second = "22222222-2222-4222-8222-222222222222";

  test("lets one transaction of a project in at a time, and shows it what the one before did", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let inside = () => {};
    const isInside = new Promise<void>((resolve) => {
      inside = resolve;
    });
    const one = transaction(db.pool, async (tx) => {
      await projectLock(tx, first);
      inside();
      await held;
      await add(tx, 1);
    });
    await isInside;
    const other = transaction(db.pool, async (tx) => {
      await projectLock(tx, first);
      return tx.query("select n from counts where id = 1");
    });
    await until(async () => (await waiting()) === 1);
    release();
    await one;
    expect(await other).toEqual([{ n: 1 }]);
  });

  test("leaves other projects alone", async () => {
    await transaction(db.pool, async (tx) => {
      await projectLock(tx, first);
      await transaction(db.pool, (another) => projectLock(another, second));
    });
  });
});

test("a named statement is prepared once on its connection", async () => {
  const prepared = await transaction(db.pool, async (tx) => {
    for (const id of [1, 2]) {
      await tx.query({ name: "count-by-id", text: "select n from counts where id = $1", values: [id] });
    }
    return tx.query("select statement from pg_prepared_statements where name = 'count-by-id'");
  });
  expect(prepared).toEqual([{ statement: "select n from counts where id = $1" }]);
});
