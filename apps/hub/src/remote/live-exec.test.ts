import { randomUUID } from "node:crypto";
import { RefusedError } from "@orchestratia/client/http";
import * as people from "@orchestratia/protocol/operations/people";
import { agentRemoteExec } from "@orchestratia/protocol/operations/remote";
import type { RemoteLine } from "@orchestratia/protocol/remote";
import { EXEC_PIECES_IN_FLIGHT } from "@orchestratia/protocol/remote-frames";
import type { ServerId } from "@orchestratia/protocol/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ExactDaemon } from "../testing/exact-daemon.ts";
import { FakeDaemon } from "../testing/fake-daemon.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { until } from "../testing/until.ts";
import { ExecOutput } from "./live-exec.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

/** A session on a machine whose daemon says what the test says, and somebody who may run commands there. */
async function staged<D extends ExactDaemon | FakeDaemon>(
  daemonOf: (at: { url: string; apiKey: string }) => D,
  report: Parameters<TestHub["registerServer"]>[1] = {},
) {
  const project = await hub.project();
  const server = await hub.registerServer(project, report);
  const daemon = daemonOf({ url: hub.url, apiKey: server.key });
  await daemon.connect();
  const system = await hub.system();
  const params = { project: project.key };
  const body = { server_id: server.id as ServerId, name: "target", agent: "shell" };
  const session = await system.call(people.createSession, { params, body });
  await until(async () => {
    const { sessions } = await system.call(people.listSessions, { params });
    return sessions.some(({ id, status }) => id === session.id && status === "active");
  });
  const leaving = new AbortController();
  const asked = { session_name: "target", command: "make" };
  return {
    project,
    serverId: server.id,
    daemon,
    /** The caller goes away. */
    leave: () => leaving.abort(),
    exec: (more: { timeout?: number } = {}, headers: Record<string, string> = {}) =>
      server.client.lines(agentRemoteExec, { body: { ...asked, ...more }, headers, signal: leaving.signal }),
    post: (headers: Record<string, string>) =>
      hub.fetch(agentRemoteExec.path, {
        method: "POST",
        headers: { "x-api-key": server.key, "content-type": "application/json", ...headers },
        body: JSON.stringify(asked),
      }),
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
}

const version2 = (report?: Parameters<TestHub["registerServer"]>[1]) => staged((at) => new ExactDaemon(at), report);

const LINES = { accept: "application/x-ndjson" };

/**
 * Asks for a command with a key, and goes away while the hub waits for a lock in `mode`; then `meanwhile` happens, and the
 * hub goes on. Answers what whoever sends the same again then gets.
 */
async function askedAgain(
  stage: Awaited<ReturnType<typeof version2>>,
  mode: string,
  meanwhile: (waiting: string) => Promise<unknown> = async () => {},
): Promise<Response> {
  const key = { "idempotency-key": randomUUID() };
  const { pool, sql } = hub.database;
  const gate = await pool.connect();
  await gate.query("begin");
  await gate.query(`lock table ${mode} mode`);
  const left = new Promise<void>((resolve) => {
    hub.hub.app.server.once("request", (_, response) => response.once("close", () => resolve()));
  });
  const lines = stage
    .exec({}, key)
    .next()
    .catch(() => undefined);
  const waiting = `select pid from pg_stat_activity, hub.idempotency_keys where datname = current_database()
    and wait_event_type = 'Lock' and key = '${key["idempotency-key"]}'`;
  await until(async () => (await sql.query(waiting)).length > 0);
  stage.leave();
  await Promise.all([lines, left]);
  await meanwhile(waiting);
  await gate.query("commit");
  gate.release();
  return stage.post({ ...LINES, ...key });
}

/** A reader who takes nothing until `take`, and what was handed to it. */
function slowReader({ isWholeKept }: { isWholeKept: boolean }) {
  const handed: RemoteLine[] = [];
  const gone = new AbortController();
  const reader = {
    handed,
    isWholeKept,
    signal: gone.signal,
    take: () => {},
    write(line: RemoteLine) {
      if (gone.signal.aborted) return Promise.resolve();
      handed.push(line);
      return new Promise<void>((resolve) => {
        reader.take = resolve;
      });
    },
    letGo() {
      gone.abort();
      reader.take();
    },
  };
  return reader;
}

/** A piece of the output. */
const piece = (request_id: string, content: string, stream: "stdout" | "stderr" = "stdout") =>
  ({ type: "remote_exec_output", request_id, stream, content }) as const;
const result = (request_id: string, exit_code = 0, stdout = "", stderr = "") =>
  ({ type: "remote_exec_result", request_id, exit_code, stdout, stderr }) as const;

async function rest(lines: AsyncIterable<RemoteLine>): Promise<RemoteLine[]> {
  const all: RemoteLine[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

const refusal = (lines: AsyncIterable<RemoteLine>): Promise<RefusedError> =>
  rest(lines).then(
    () => Promise.reject(new Error("it was not refused")),
    (error) => {
      if (error instanceof RefusedError) return error;
      throw error;
    },
  );

test("what a command prints is read while it runs, each piece is acknowledged, and the end is the last line", async () => {
  await using stage = await version2();
  const lines = stage.exec();
  const first = lines.next();
  const { request_id, stream, command } = await stage.daemon.next("remote_exec");
  expect([stream, command]).toEqual([true, expect.stringContaining("make")]);
  stage.daemon.send(piece(request_id, "one\n"));
  expect(await first).toEqual({ done: false, value: { stdout: "one\n" } });
  expect(await stage.daemon.next("remote_exec_taken")).toMatchObject({ request_id, pieces: 1 });
  stage.daemon.send(piece(request_id, "bad\n", "stderr"));
  stage.daemon.send(result(request_id, 7, "", "[orchestratia] It was cut.\n"));
  expect(await rest(lines)).toEqual([
    { stderr: "bad\n" },
    { stderr: "[orchestratia] It was cut.\n" },
    { exit_code: 7 },
  ]);
  expect(stage.daemon.frames.map(({ type }) => type)).not.toContain("remote_exec_cancel");
});

test("a daemon that sends everything at the end is read as well, of version 2 and of version 1", async () => {
  await using older = await version2();
  const ofOlder = rest(older.exec());
  const { request_id } = await older.daemon.next("remote_exec");
  older.daemon.send(result(request_id, 3, "out\n", "bad\n"));
  expect(await ofOlder).toEqual([{ stdout: "out\n" }, { stderr: "bad\n" }, { exit_code: 3 }]);

  await using oldest = await staged((at) => new FakeDaemon(at));
  const ofOldest = rest(oldest.exec());
  const asked = await oldest.daemon.next("remote_exec");
  expect(asked).not.toHaveProperty("stream");
  oldest.daemon.send(result(asked.request_id, 0, "out\n"));
  expect(await ofOldest).toEqual([{ stdout: "out\n" }, { exit_code: 0 }]);
});

test("without the header the answer is one document, and no output is asked for as it comes", async () => {
  await using stage = await version2();
  const answer = stage.post({});
  const { request_id, stream } = await stage.daemon.next("remote_exec");
  expect(stream).toBeUndefined();
  stage.daemon.send(result(request_id, 0, "out\n"));
  const response = await answer;
  expect(response.headers.get("content-type")).toContain("application/json");
  expect(await response.json()).toEqual({ exit_code: 0, stdout: "out\n", stderr: "" });
});

test("a reader who goes away ends the command, before its first word and behind it", async () => {
  for (const hasPrinted of [false, true]) {
    await using stage = await version2();
    const lines = stage.exec();
    const first = lines.next().catch(() => undefined);
    const { request_id } = await stage.daemon.next("remote_exec");
    if (hasPrinted) {
      stage.daemon.send(piece(request_id, "one\n"));
      await first;
    }
    stage.leave();
    expect(await stage.daemon.next("remote_exec_cancel")).toMatchObject({ request_id });
  }
});

test("a command whose time is up is ended, and the caller hears it as far as it can still be told", async () => {
  await using stage = await version2();
  const silent = refusal(stage.exec({ timeout: 0.2 }));
  const quiet = await stage.daemon.next("remote_exec");
  expect(await silent).toMatchObject({ status: 504, code: "daemon_silent" });
  expect(await stage.daemon.next("remote_exec_cancel")).toMatchObject({ request_id: quiet.request_id });

  const lines = stage.exec({ timeout: 1 });
  const first = lines.next();
  const { request_id } = await stage.daemon.next("remote_exec");
  stage.daemon.send(piece(request_id, "one\n"));
  expect(await first).toMatchObject({ value: { stdout: "one\n" } });
  expect(await refusal(lines)).toMatchObject({ status: 504, code: "daemon_silent" });
  expect(await stage.daemon.next("remote_exec_cancel")).toMatchObject({ request_id });
});

test("a refusal before the beginning is a problem with its status", async () => {
  await using stage = await version2();
  const answer = stage.post(LINES);
  const { request_id } = await stage.daemon.next("remote_exec");
  stage.daemon.send({ ...result(request_id, -1, "", "box runs none.\n"), policy: "remote.exec" });
  const response = await answer;
  expect([response.status, response.headers.get("content-type")]).toEqual([
    403,
    expect.stringContaining("application/problem+json"),
  ]);
  expect(await response.json()).toMatchObject({ detail: "box runs none.", policy: "remote.exec" });
});

test("a daemon that goes away in the midst is the last line, and what a repeated request is told", async () => {
  await using stage = await version2();
  const headers = { ...LINES, "idempotency-key": randomUUID() };
  const begun = stage.post(headers);
  const { request_id } = await stage.daemon.next("remote_exec");
  stage.daemon.send(piece(request_id, "one\n"));
  const answer = await begun;
  expect(answer.headers.get("content-type")).toBe("application/x-ndjson");
  await stage.daemon.cut();
  const lines = (await answer.text()).trimEnd().split("\n");
  const problem = expect.objectContaining({ type: "urn:orchestratia:problem:server_unreachable", status: 409 });
  expect(lines.map((line) => JSON.parse(line))).toEqual([{ stdout: "one\n" }, { problem }]);
  const again = await stage.post(headers);
  expect([again.status, again.headers.get("idempotency-replayed"), await again.json()]).toEqual([409, "true", problem]);
});

test("pieces from another server than the one that was asked count for nothing", async () => {
  await using stage = await version2();
  await using other = await version2();
  const all = rest(stage.exec());
  const { request_id } = await stage.daemon.next("remote_exec");
  other.daemon.send(piece(request_id, "forged\n"));
  const theirs = rest(other.exec());
  const asked = await other.daemon.next("remote_exec");
  other.daemon.send(result(asked.request_id));
  await theirs;
  stage.daemon.send(result(request_id, 0, "true\n"));
  expect(await all).toEqual([{ stdout: "true\n" }, { exit_code: 0 }]);
});

test("a daemon that does not wait for its reader is stopped", async () => {
  await using stage = await version2();
  const refused = refusal(stage.exec());
  const { request_id } = await stage.daemon.next("remote_exec");
  for (let sent = 0; sent < 600; sent += 1) stage.daemon.send(piece(request_id, "x".repeat(8 * 1024)));
  expect(await refused).toMatchObject({ code: "daemon_lacks" });
  expect(await stage.daemon.next("remote_exec_cancel")).toMatchObject({ request_id });
});

test("a slow reader is handed one piece after another, and no more may wait than are on their way", async () => {
  const reader = slowReader({ isWholeKept: true });
  const { handed } = reader;
  const taken: number[] = [];
  let tooMuch = 0;
  const output = new ExecOutput("s", reader, { onTaken: (pieces) => taken.push(pieces), onTooMuch: () => tooMuch++ });
  for (let n = 0; n < EXEC_PIECES_IN_FLIGHT; n += 1) output.received({ stream: "stdout", content: `${n}` });
  await until(() => handed.length === 1);
  reader.take();
  await until(() => handed.length === 2);
  expect([handed, taken]).toEqual([[{ stdout: "0" }, { stdout: "1" }], [1]]);
  output.received({ stream: "stdout", content: "fits" });
  expect(tooMuch).toBe(0);
  output.received({ stream: "stdout", content: "too much" });
  expect(tooMuch).toBe(1);
});

test("a reader who has not taken the last of it in time is let go, and the whole is kept for them only with a key", async () => {
  for (const isWholeKept of [false, true]) {
    const reader = slowReader({ isWholeKept });
    const output = new ExecOutput("s", reader, { onTaken: () => {}, onTooMuch: () => {}, lastTakenMs: 20 });
    output.received({ stream: "stdout", content: "one\n" });
    output.received({ stream: "stderr", content: "bad\n" });
    const whole = await output.end({ exit_code: 3, stdout: "", stderr: "cut\n" });
    expect([reader.handed, reader.signal.aborted]).toEqual([[{ stdout: "one\n" }], true]);
    const kept = { exit_code: 3, stdout: "one\n", stderr: "bad\ncut\n" };
    expect(whole).toEqual(isWholeKept ? kept : { exit_code: 3, stdout: "", stderr: "cut\n" });
  }
});

test("a reader who left before the daemon was asked may ask again, also where the database broke meanwhile", async () => {
  for (const breaks of [false, true]) {
    await using stage = await version2();
    const again = askedAgain(stage, "activity_log in exclusive", async (waiting) => {
      if (breaks) await hub.database.sql.query(`select pg_terminate_backend(pid) from (${waiting}) as w`);
    });
    const { request_id } = await stage.daemon.next("remote_exec");
    stage.daemon.send(result(request_id, 0, "once\n"));
    const answer = await again;
    expect([answer.status, answer.headers.get("idempotency-replayed")]).toEqual([200, null]);
    expect(await answer.text()).toContain("once");
    expect(stage.daemon.frames.filter(({ type }) => type === "remote_exec")).toHaveLength(1);
  }
});

test("a refusal is one for whoever asks again, although the first had left before it", async () => {
  await using refusing = await version2({
    agents: [{ name: "shell", kind: "shell" }],
    capabilities: { remote: ["sessions"] },
  });
  const refused = await askedAgain(refusing, "sessions in access exclusive");
  expect([refused.status, refused.headers.get("idempotency-replayed")]).toEqual([403, null]);

  await using stage = await version2();
  const unreachable = await askedAgain(stage, "sessions in access exclusive", async () => {
    await stage.daemon.cut();
    await until(() => !hub.hub.connections.isConnected(stage.serverId));
  });
  expect([unreachable.status, unreachable.headers.get("idempotency-replayed")]).toEqual([409, "true"]);
  expect(await unreachable.json()).toMatchObject({ type: "urn:orchestratia:problem:server_unreachable" });
});

test("a repeated request gets the whole answer and runs nothing; one whose reader left is told so", async () => {
  await using stage = await version2();
  const key = { "idempotency-key": randomUUID() };
  const all = rest(stage.exec({}, key));
  const { request_id } = await stage.daemon.next("remote_exec");
  stage.daemon.send(piece(request_id, "one\n"));
  stage.daemon.send(result(request_id, 3, "", "two\n"));
  await all;
  expect(await rest(stage.exec({}, key))).toEqual([{ exit_code: 3, stdout: "one\n", stderr: "two\n" }]);
  expect(stage.daemon.frames.filter(({ type }) => type === "remote_exec")).toHaveLength(1);

  const left = { "idempotency-key": randomUUID() };
  const lost = stage
    .exec({}, left)
    .next()
    .catch(() => undefined);
  await stage.daemon.next("remote_exec");
  stage.leave();
  await lost;
  await stage.daemon.next("remote_exec_cancel");
  const again = await stage.post({ ...LINES, ...left });
  expect([again.status, await again.json()]).toEqual([
    409,
    expect.objectContaining({
      type: "urn:orchestratia:problem:request_in_progress",
      detail: expect.stringContaining("went away before its answer"),
    }),
  ]);
});

test("the command is on record before it runs", async () => {
  await using stage = await version2();
  const all = rest(stage.exec());
  const { request_id } = await stage.daemon.next("remote_exec");
  const system = await hub.system();
  const query = { event_type: "remote.executed" };
  await until(async () => {
    const params = { project: stage.project.key };
    const { activity } = await system.call(people.listActivity, { params, query });
    return activity.some(({ details }) => details.command === "make");
  });
  stage.daemon.send(result(request_id));
  await all;
});
