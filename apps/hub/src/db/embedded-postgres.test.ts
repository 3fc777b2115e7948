import { spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPostgresHome, isRoot, kill, type PostgresHome } from "../testing/postgres-home.ts";
import { until } from "../testing/until.ts";
import { copyBinaries, findBinaries } from "./embedded-postgres/binaries.ts";
import { FolderInUse } from "./embedded-postgres/folder-lock.ts";
import { processStart } from "./embedded-postgres/process-identity.ts";
import { applyMigrations } from "./migrate.ts";

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

const remember = (url: string) => query(url, "create table memory as select 42 as answer");
const recall = (url: string) => query(url, "select answer from memory");
const answer = [{ answer: 42 }];

const isAlive = (pid: number): boolean => processStart(pid) !== undefined;

/** The home's data folder, wherever it lies. */
const dataFolder = (home: { file(name: string): string }, outsideFolder: string | undefined) =>
  outsideFolder ? path.join(outsideFolder, "data") : home.file("data");

describe("a home's own Postgres", () => {
  test("is made safe and complete at the first start, and keeps its data, port and password", async () => {
    await using home = await createPostgresHome();
    const first = await home.start();
    expect(first.adopted).toBe(false);
    const { hostname, username, password, pathname } = new URL(first.url);
    expect([hostname, username, pathname]).toEqual(["127.0.0.1", "orchestratia", "/orchestratia"]);
    expect(password).toMatch(/^[0-9a-f]{48}$/);
    expect((await stat(home.file("password"))).mode & 0o777).toBe(0o600);
    expect(await query(first.url, "select current_setting('server_encoding') as encoding")).toEqual([
      { encoding: "UTF8" },
    ]);
    expect(await query(first.url, "select lower('ÄÖÜ') as lower")).toEqual([{ lower: "äöü" }]);
    await remember(first.url);
    await first.stop();
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);

    await using second = await home.start();
    expect(second.adopted).toBe(false);
    expect(second.url).toBe(first.url);
    expect(await recall(second.url)).toEqual(answer);
  });

  test("lets nobody in without the password, and listens on 127.0.0.1 alone", async () => {
    await using home = await createPostgresHome();
    await using server = await home.start();
    const as = (change: (url: URL) => void) => {
      const url = new URL(server.url);
      change(url);
      return query(url.href, "select 1");
    };
    await expect(as((url) => Object.assign(url, { password: "password" }))).rejects.toThrow("authentication failed");
    await expect(as((url) => Object.assign(url, { username: "postgres" }))).rejects.toThrow("authentication failed");
    await expect(as((url) => Object.assign(url, { hostname: "127.0.0.2" }))).rejects.toThrow("ECONNREFUSED");
    expect(await query(server.url, "select rolsuper from pg_roles where rolname = current_user")).toEqual([
      { rolsuper: false },
    ]);
  });

  test("belongs to one process: another is refused, and so is the same one a second time", async () => {
    await using home = await createPostgresHome();
    await using server = await home.start();
    const [again, child] = await Promise.allSettled([home.start(), home.startInChild()]);
    expect(again).toMatchObject({ status: "rejected", reason: expect.any(FolderInUse) });
    expect(child).toMatchObject({ status: "rejected", reason: { message: expect.stringContaining("FolderInUse") } });
    expect(await query(server.url, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("does not get the Ctrl-C that ends the hub's process group", async () => {
    await using home = await createPostgresHome();
    const { child, url, pid } = await home.startInChild();
    const gone = once(child, "exit");
    process.kill(-(child.pid ?? 0), "SIGINT");
    expect(await gone).toEqual([null, "SIGINT"]);
    expect(await query(url, "select 1 as one")).toEqual([{ one: 1 }]);
    expect(isAlive(pid)).toBe(true);
  });
});

/** A home that was used and left in good order, for tests that do no more than start it again. */
function usedHome(): { readonly home: PostgresHome } {
  const used: { home?: PostgresHome } = {};
  beforeAll(async () => {
    used.home = await createPostgresHome();
    const server = await used.home.start();
    await remember(server.url);
    await server.stop();
  });
  afterAll(() => used.home?.[Symbol.asyncDispose]());
  return used as { home: PostgresHome };
}

describe("after a crash", () => {
  const used = usedHome();

  test("a server whose hub was killed is adopted as it runs", async () => {
    const { home } = used;
    const { child, url, pid } = await home.startInChild();
    await kill(child, "SIGKILL");

    const server = await home.start();
    expect(server).toMatchObject({ adopted: true, url, pid });
    expect(await recall(server.url)).toEqual(answer);
    await server.stop();
    expect(isAlive(pid)).toBe(false);
  });

  test("a server that was left behind with other settings is started anew", async () => {
    const { home } = used;
    const { child, pid } = await home.startInChild();
    await kill(child, "SIGKILL");

    await using server = await home.start({ settings: { max_connections: "33" } });
    expect(server.adopted).toBe(false);
    expect(server.pid).not.toBe(pid);
    expect(await query(server.url, "select current_setting('max_connections') as max")).toEqual([{ max: "33" }]);
    expect(await recall(server.url)).toEqual(answer);
  });

  test("hub and server both killed: the next start recovers the data", async () => {
    const { home } = used;
    const { child, url, pid } = await home.startInChild();
    await kill(child, "SIGKILL");
    process.kill(pid, "SIGKILL");

    await using server = await home.start();
    expect(server).toMatchObject({ adopted: false, url });
    expect(await recall(server.url)).toEqual(answer);
  });

  test("a server that dies under a running hub is back on the same address by itself", async () => {
    const { home } = used;
    await using server = await home.start();
    const { pid } = server;
    process.kill(pid, "SIGKILL");
    await until(() => server.pid !== pid);
    expect(await recall(server.url)).toEqual(answer);
    expect(home.messages).toContain("the database server died and is started again");
  });

  test("an adopted server is watched over just the same", async () => {
    const { home } = used;
    const { child, pid } = await home.startInChild();
    await kill(child, "SIGKILL");
    await using server = await home.start();
    expect(server).toMatchObject({ adopted: true, pid });
    process.kill(pid, "SIGKILL");
    await until(() => server.pid !== pid);
    expect(await query(server.url, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  test("a pid file whose number now belongs to a stranger does not stop the start, nor harm the stranger", async () => {
    const { home } = used;
    const first = await home.start();
    const data = dataFolder(home, first.outsideFolder);
    const pidFile = await readFile(path.join(data, "postmaster.pid"), "utf8");
    await first.stop();
    const { uid, gid } = await stat(data);
    const stranger = spawn("sleep", ["60"], { uid, gid });
    await writeFile(path.join(data, "postmaster.pid"), pidFile.replace(/^\d+/, String(stranger.pid)));

    await using server = await home.start();
    expect(server.adopted).toBe(false);
    expect(stranger.exitCode ?? stranger.signalCode).toBe(null);
    stranger.kill();
  });

  test("a first start that was killed half-way is simply begun again", async () => {
    await using home = await createPostgresHome();
    const child = home.spawn();
    child.stderr.setEncoding("utf8");
    // It says so right before it makes the data folder.
    for await (const text of child.stderr) if (String(text).includes("making the database")) break;
    await kill(child, "SIGKILL");
    expect(await stat(home.file("data")).catch(() => "none")).toBe("none");

    await using server = await home.start();
    expect(await query(server.url, "select 1 as one")).toEqual([{ one: 1 }]);
  });
});

describe("the small files in the home", () => {
  const used = usedHome();

  test("a port that somebody else took is changed for another, for good", async () => {
    const { home } = used;
    const first = await home.start();
    await first.stop();
    const taken = Number(new URL(first.url).port);
    const stranger = createServer().listen(taken, "127.0.0.1");
    await once(stranger, "listening");

    const second = await home.start();
    stranger.close();
    await second.stop();
    expect(new URL(second.url).port).not.toBe(String(taken));
    await using third = await home.start();
    expect(third.url).toBe(second.url);
  });

  test("a lost or foreign password is replaced, with the server down or still running", async () => {
    const { home } = used;
    const { child, url } = await home.startInChild();
    await kill(child, "SIGKILL");
    await rm(home.file("password"));
    const second = await home.start();
    expect(second.url).not.toBe(url);
    await second.stop();

    await writeFile(home.file("password"), "0".repeat(48));
    await using third = await home.start();
    expect(await recall(third.url)).toEqual(answer);
  });

  test("data of another major version is refused with both named", async () => {
    const { home } = used;
    const first = await home.start();
    await first.stop();
    await writeFile(path.join(dataFolder(home, first.outsideFolder), "PG_VERSION"), "14\n");
    await expect(home.start()).rejects.toThrow("was made by Postgres 14 and this hub brings Postgres 18");
  });
});

test("the migrations apply on Postgres 15 too", async () => {
  await using home = await createPostgresHome();
  await using server = await home.start({ binaries: await findBinaries("embedded-postgres-15") });
  expect(await query(server.url, "select current_setting('server_version_num')::int / 10000 as major")).toEqual([
    { major: 15 },
  ]);
  expect(await applyMigrations(server.url)).not.toEqual([]);
});

describe.runIf(isRoot)("started by root", () => {
  test("with a home in a closed folder, data and binaries go where Postgres may reach them", async () => {
    await using home = await createPostgresHome({ open: false });
    const { child, url, pid, outsideFolder } = await home.startInChild();
    expect(outsideFolder).toMatch(/^\/var\/lib\/orchestratia\/[0-9a-f]{16}$/);
    await remember(url);
    await kill(child, "SIGKILL");
    await using server = await home.start();
    expect(server).toMatchObject({ adopted: true, pid, outsideFolder });
    expect(await recall(server.url)).toEqual(answer);
    expect((await stat(`/proc/${pid}`)).uid).not.toBe(0);
  });

  test("with binaries in a closed folder, they are copied out", async () => {
    const closed = await mkdtemp(path.join(os.tmpdir(), "orchestratia-clone-"));
    try {
      await using home = await createPostgresHome();
      await using server = await home.start({ binaries: await copyBinaries(await findBinaries(), closed) });
      expect(server.outsideFolder).toBeDefined();
      expect(await query(server.url, "select 1 as one")).toEqual([{ one: 1 }]);
    } finally {
      await rm(closed, { recursive: true });
    }
  });

  test("an ordinary user runs it as themselves, with everything in the home", async () => {
    const nobody = { uid: 65_534, gid: 65_534 };
    await using home = await createPostgresHome({ open: false });
    await chown(home.path, nobody.uid, nobody.gid);
    // The clone may be closed to that user, as it would not be to one who made it.
    const shared = await createPostgresHome();
    await using _ = shared;
    const options = { as: nobody, binaries: await copyBinaries(await findBinaries(), shared.path) };
    const first = await home.startInChild(options);
    expect(first.outsideFolder).toBeUndefined();
    expect((await stat(`/proc/${first.pid}`)).uid).toBe(nobody.uid);
    await remember(first.url);
    await kill(first.child, "SIGKILL");

    const second = await home.startInChild(options);
    expect(second).toMatchObject({ adopted: true, pid: first.pid });
    expect(await recall(second.url)).toEqual(answer);
    const ended = once(second.child, "exit");
    second.child.stdin.end();
    expect(await ended).toEqual([0, null]);
    expect(isAlive(second.pid)).toBe(false);
  });
});
