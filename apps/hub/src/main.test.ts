import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { HubClient } from "@orchestratia/client/http";
import { heartbeat, registerServer } from "@orchestratia/protocol/operations/daemons";
import { createProject, createRegistrationToken } from "@orchestratia/protocol/operations/people";
import pg from "pg";
import { expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { HubProcess, scratchHome } from "./testing/hub-process.ts";
import { createEmptyDatabase, createTestDatabase } from "./testing/test-database.ts";
import { until } from "./testing/until.ts";

// Each test starts processes that compile the hub first.
vi.setConfig({ testTimeout: 90_000 });

test("it migrates an empty database, says where it is, and a second hub on it gives up", async () => {
  await using database = await createEmptyDatabase();
  await using scratch = await scratchHome();
  const environment = { DATABASE_URL: database.url, ORCHESTRATIA_HOME: scratch.home };
  await using hub = new HubProcess(environment);
  const { url, setup_link } = await hub.ready();
  expect(setup_link).toMatch(new RegExp(`^${url}/setup\\?token=`));
  // What is printed ends up in logs: the link goes through the channel alone.
  expect(hub.output + hub.errors).not.toContain("token=");
  expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: "ready" });

  await using second = new HubProcess(environment);
  expect(await second.exit).toBe(1);
  expect(second.errors).toContain("another hub is already running on this database");

  hub.child.kill("SIGTERM");
  expect(await hub.exit).toBe(0);
});

test("told to stop it refuses what is new, finishes what is under way, and closes sockets saying why", async () => {
  await using database = await createTestDatabase();
  await using scratch = await scratchHome();
  await using hub = new HubProcess({ DATABASE_URL: database.url, ORCHESTRATIA_HOME: scratch.home });
  const { url } = await hub.ready();
  const token = await readFile(path.join(scratch.home, "local-token"), "utf8");
  const system = new HubClient({ baseUrl: url, headers: () => ({ authorization: `Bearer ${token}` }) });
  const project = await system.call(createProject, { body: { key: "STOP", name: "Stop" } });
  const made = await system.call(createRegistrationToken, { params: { project: project.id }, body: {} });
  const { api_key } = await system.call(registerServer, { body: { name: "box", registration_token: made.token } });

  const socket = new WebSocket(`${url.replace("http", "ws")}/ws/server`);
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "auth", api_key }));
  await once(socket, "message");
  const closed = once(socket, "close");

  // The heartbeat waits for a row that another transaction holds: it is under way when the signal comes.
  const gate = new pg.Client(database.url);
  await gate.connect();
  await gate.query("begin");
  await gate.query("select from servers for update");
  const daemon = new HubClient({ baseUrl: url, headers: () => ({ "x-api-key": api_key }) });
  const beat = daemon.call(heartbeat, { body: {} });
  await until(async () => {
    const { rows } = await gate.query(
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return rows.length === 1;
  });
  hub.child.kill("SIGTERM");
  const [code] = await closed;
  expect(code).toBe(1001);
  await gate.query("commit");
  await gate.end();
  expect(await beat).toEqual({ ok: true });
  expect(await hub.exit).toBe(0);
});

test("it stops when whoever started it lets go", async () => {
  await using database = await createTestDatabase();
  await using scratch = await scratchHome();
  await using hub = new HubProcess({ DATABASE_URL: database.url, ORCHESTRATIA_HOME: scratch.home });
  await hub.ready();
  hub.child.disconnect();
  expect(await hub.exit).toBe(0);
});

test("an environment that makes no sense ends it with one clear message", async () => {
  await using hub = new HubProcess({ PORT: "many" });
  expect(await hub.exit).toBe(2);
  expect(hub.errors).toMatch(/^The environment is not right:\n {2}PORT: /);
});
