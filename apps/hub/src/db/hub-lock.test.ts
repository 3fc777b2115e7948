import pg from "pg";
import { expect, test } from "vitest";
import { createEmptyDatabase } from "../testing/test-database.ts";
import { until } from "../testing/until.ts";
import { acquireHubLock, HubAlreadyRunning } from "./hub-lock.ts";

const never = () => {
  throw new Error("the lock was lost");
};

async function connect(url: string) {
  const client = new pg.Client(url);
  await client.connect();
  return { client, [Symbol.asyncDispose]: () => client.end() };
}

const cutLockConnections = (client: pg.Client) =>
  client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and application_name like 'orchestratia-hub-lock-%'`,
  );

test("a second hub on the same database is refused, and let in when the first has gone", async () => {
  await using db = await createEmptyDatabase();
  const first = await acquireHubLock(db.url, { onLost: never });
  await expect(acquireHubLock(db.url, { onLost: never, patienceMs: 100 })).rejects.toThrow(HubAlreadyRunning);
  await first[Symbol.asyncDispose]();
  await using second = await acquireHubLock(db.url, { onLost: never, patienceMs: 100 });
  expect(second.held).toBe(true);
});

test("hubs on two databases of one server do not hinder each other", async () => {
  await using one = await createEmptyDatabase();
  await using two = await createEmptyDatabase();
  await using first = await acquireHubLock(one.url, { onLost: never });
  await using second = await acquireHubLock(two.url, { onLost: never });
  expect([first.held, second.held]).toEqual([true, true]);
});

test("a predecessor that is just going is waited for", async () => {
  await using db = await createEmptyDatabase();
  const first = await acquireHubLock(db.url, { onLost: never });
  const second = acquireHubLock(db.url, { onLost: never });
  await first[Symbol.asyncDispose]();
  await using lock = await second;
  expect(lock.held).toBe(true);
});

test("the lock is taken again when its connection breaks", async () => {
  await using db = await createEmptyDatabase();
  await using lock = await acquireHubLock(db.url, { onLost: never, retryMs: 10 });
  await using admin = await connect(db.url);
  const before = await lockHolder(admin.client);
  await cutLockConnections(admin.client);
  await until(async () => ![before, undefined].includes(await lockHolder(admin.client)));
  await until(() => lock.held);
  await expect(acquireHubLock(db.url, { onLost: never, patienceMs: 0 })).rejects.toThrow(HubAlreadyRunning);
});

test("a hub whose lock went to another while its connection was down is told to stop", async () => {
  await using db = await createEmptyDatabase();
  const losses: Error[] = [];
  await using lock = await acquireHubLock(db.url, {
    onLost: (error) => losses.push(error),
    patienceMs: 50,
    retryMs: 10,
  });
  await using admin = await connect(db.url);
  await using rival = await connect(db.url);
  // The rival already waits for the lock, so it has it before our hub can ask again.
  const key = (await advisoryLock(admin.client))?.key;
  const rivalHasIt = rival.client.query("select pg_advisory_lock($1)", [key]);
  await until(async () => {
    const { rowCount } = await admin.client.query(
      `select from pg_locks join pg_database on pg_database.oid = database
       where datname = current_database() and locktype = 'advisory' and not granted`,
    );
    return rowCount === 1;
  });
  await cutLockConnections(admin.client);
  await rivalHasIt;
  await until(() => losses.length === 1);
  expect(lock.held).toBe(false);
});

/** The server's process that holds the lock of this database. */
const lockHolder = async (client: pg.Client) => (await advisoryLock(client))?.pid;

async function advisoryLock(client: pg.Client): Promise<{ key: number; pid: number } | undefined> {
  const { rows } = await client.query<{ key: number; pid: number }>(
    `select objid::int as key, pid from pg_locks join pg_database on pg_database.oid = database
     where locktype = 'advisory' and granted and datname = current_database()`,
  );
  return rows[0];
}
