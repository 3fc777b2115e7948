import { randomUUID } from "node:crypto";
import * as people from "@orchestratia/protocol/operations/people";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../test-hub.ts";
import { until } from "../until.ts";
import { V1CliError } from "./v1-cli.ts";
import type { V1Daemon } from "./v1-daemon.ts";
import { httpx, urllib } from "./v1-http.ts";
import { register, registration, V1Stage } from "./v1-stage.ts";

let hub: TestHub;
let stage: V1Stage;
let daemon: Awaited<ReturnType<V1Stage["daemon"]>>;

beforeAll(async () => {
  hub = await startTestHub({ watch: { checkMs: 50 } });
  stage = await V1Stage.open(hub);
  daemon = await stage.daemon();
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

const errorOf = async (call: Promise<unknown>): Promise<V1CliError> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof V1CliError) return error;
  throw new Error(`no HTTP error came, but ${String(error)}`);
};

test("7.1 a JSON content type with an empty body is accepted on POST, GET and DELETE", async () => {
  const worker = await stage.worker(daemon, "empty-bodies");
  const cli = stage.cli(daemon, worker);
  const task = await cli.create({ title: "T", spec: "S" });
  await cli.assign(task.id, worker.name);
  expect((await cli.start(task.id)).status).toBe("running");
  expect((await cli.check()).count).toBe(1);
  await cli.cancel(task.id);
  expect((await cli.view(task.id)).status).toBe("cancelled");
  daemon.exit(worker.id);
});

test("7.2 every success is a JSON document, every error an object with a detail, unknown addresses included", async () => {
  const cli = stage.cli(daemon);
  const [a, b] = [await cli.create({ title: "A", spec: "S" }), await cli.create({ title: "B", spec: "S" })];
  await cli.addDependency(a.id, b.id);
  for (const [method, path] of [
    ["DELETE", `/api/v1/server/tasks/${a.id}/dependencies/${b.id}`],
    ["DELETE", `/api/v1/server/tasks/${a.id}`],
  ] as const) {
    const { status, text } = await cli.raw(method, path);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toBeTypeOf("object");
  }
  for (const [method, path, body] of [
    ["GET", "/api/v1/server/tasks/ffffffff-ffff-4fff-8fff-ffffffffffff"],
    ["POST", "/api/v1/server/architecture/snapshot", { project_id: stage.project.id, snapshot: {} }],
    ["GET", `/api/v1/server/architecture/health/${stage.project.id}`],
    ["GET", `/api/v1/server/architecture/reviews/${a.id}`],
    ["GET", "/api/v1/servers/tasks/poll"],
    ["POST", `/api/v1/server/files/${randomUUID()}/ack`, { success: true }],
  ] as const) {
    const error = await errorOf(cli.call(method, path, body));
    expect([path, error.status, error.message]).toEqual([path, 404, expect.stringMatching(/^HTTP 404: \w.*\.$/)]);
  }
  const { status, text } = await urllib({ method: "GET", url: `${hub.url}/api/v1/server/status`, key: "orc_wrong" });
  expect([status, JSON.parse(text).detail]).toEqual([401, expect.any(String)]);
});

test("7.3 nothing is redirected or compressed, and what an agent's start waits for comes at once", async () => {
  const cli = stage.cli(daemon);
  for (const path of ["/api/v1/server/tasks/", "/api/v1/server/status/", "/api/v1//server/status"]) {
    const { status, headers } = await cli.raw("POST", path);
    expect([path, status, headers.location]).toEqual([path, 404, undefined]);
  }
  for (const path of ["/api/v1/server/status", "/api/v1/server/access-grants", "/api/v1/server/approval-rules"]) {
    const from = performance.now();
    const { status, headers } = path.endsWith("status") ? await cli.raw("GET", path) : await daemon.get(path);
    expect([status, headers["content-encoding"]]).toEqual([200, undefined]);
    expect(performance.now() - from).toBeLessThan(2_000);
  }
  expect(JSON.parse((await httpx({ method: "GET", url: `${hub.url}/api/v1/health` })).text)).toEqual({ status: "ok" });
});

test("7.4 large bodies and frames come in, and every frame that goes out is under 512 KiB", async () => {
  const daemon = await stage.daemon();
  const worker = await stage.worker(daemon, "large");
  const cli = stage.cli(daemon, worker);
  const entry = {
    session_id: null,
    tool_name: "Write",
    tool_input: { content: "x".repeat(9_000_000) },
    decision: "asked",
  };
  const log = await daemon.post("/api/v1/server/permissions/log", { entries: [entry] });
  expect([log.status, JSON.parse(log.text)]).toEqual([201, { kept: 1 }]);

  daemon.send({ type: "scrollback_captured", session_id: "orc-unknown", lines: ["y".repeat(31 * 1024 * 1024)] });
  await daemon.readGrants();

  const spec = "字".repeat(199_999);
  const task = await cli.create({ title: "A long one", spec });
  await cli.assign(task.id, worker.name);
  const pushed = await daemon.next("task_assigned");
  expect([pushed.task_id, pushed.spec]).toEqual([task.id, undefined]);
  expect((await cli.view(task.id)).spec).toBe(spec);
  await cli.start(task.id);
  expect((await cli.complete(task.id, { summary: "z".repeat(7_500_000) })).status).toBe("done");
  expect(daemon.largestFrameBytes).toBeLessThan(512 * 1024);
  expect(daemon.frames).not.toHaveLength(0);
});

test("7.5 a registration token names the hub, serves once, and only hashes are kept", async () => {
  const token = await hub.registrationToken(stage.project);
  const [, url = "", secret = ""] = /^orcreg_([\w-]+)\.(.+)$/.exec(token) ?? [];
  expect(Buffer.from(url, "base64url").toString()).toBe(hub.url);
  const { status, text } = await register(hub.url, registration(token));
  const { id, api_key } = JSON.parse(text) as { id: string; api_key: string };
  expect([status, api_key]).toEqual([201, expect.stringMatching(/^orc_[\w-]{20,}$/)]);
  const used = await register(hub.url, registration(token));
  expect([used.status, JSON.parse(used.text).detail]).toEqual([401, expect.stringContaining("used")]);
  const wrong = await register(hub.url, registration(`orcreg_${url}.nobody-made-this`));
  expect([wrong.status, JSON.parse(wrong.text).detail]).toEqual([401, expect.any(String)]);
  await hub.database.sql.query(
    "update registration_tokens set expires_at = now() - interval '1 minute', used_at = null",
  );
  const late = await register(hub.url, registration(token));
  expect([late.status, JSON.parse(late.text).detail]).toEqual([401, expect.stringContaining("expired")]);
  const kept = JSON.stringify([
    await hub.database.sql.query("select * from servers where id = $1", [id]),
    await hub.database.sql.query("select * from registration_tokens where server_id = $1", [id]),
  ]);
  expect(kept).not.toContain(api_key);
  expect(kept).not.toContain(secret);
});

test("7.6 a machine whose answer was lost may ask again; no other machine may", async () => {
  const token = await hub.registrationToken(stage.project);
  const body = registration(token);
  const first = JSON.parse((await register(hub.url, body)).text);
  const again = JSON.parse((await register(hub.url, body)).text);
  expect(again.id).toBe(first.id);
  const status = async (key: string) =>
    (await urllib({ method: "GET", url: `${hub.url}/api/v1/server/status`, key })).status;
  expect([await status(first.api_key), await status(again.api_key)]).toEqual([401, 200]);
  expect((await register(hub.url, { ...body, machine_id: "another" })).status).toBe(401);

  const nameless = registration(await hub.registrationToken(stage.project), { machine_id: "" });
  expect((await register(hub.url, nameless)).status).toBe(201);
  expect((await register(hub.url, nameless)).status).toBe(401);
});

test("7.7 the address is the connection's, and the boot time is kept as it came", async () => {
  const { servers } = await stage.admin.call(people.listServers, { params: stage.params });
  const server = servers.find(({ id }) => id === daemon.serverId);
  expect(server).toMatchObject({ ip: expect.stringMatching(/127\.0\.0\.1$/), os: "linux" });
  expect(server?.system_info).toMatchObject({ uptime_seconds: 1767323045, cpu_count: 4, agent_version: "0.20.0" });
});

test("7.8 a server without a heartbeat for 90 s is offline though its socket is open, and the other way round", async () => {
  const own = await stage.daemon();
  const server = async () => {
    const { servers } = await stage.admin.call(people.listServers, { params: stage.params });
    const { status, reachable } = servers.find(({ id }) => id === own.serverId) ?? {};
    return { status, reachable };
  };
  const silentFor = (seconds: number) =>
    hub.database.sql.query("update servers set last_heartbeat = now() - make_interval(secs => $2) where id = $1", [
      own.serverId,
      seconds,
    ]);
  expect(await server()).toEqual({ status: "online", reachable: true });
  await silentFor(100);
  await until(async () => (await server()).status === "offline");
  expect(await server()).toEqual({ status: "offline", reachable: false });
  await own.heartbeat();
  expect(await server()).toEqual({ status: "online", reachable: true });
  await (own as V1Daemon).cut();
  await until(async () => !(await server()).reachable);
  expect(await server()).toEqual({ status: "online", reachable: false });
});
