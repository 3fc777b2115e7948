import { randomUUID } from "node:crypto";
import { logPermissions } from "@orchestratia/protocol/operations/approval-rules";
import { createRegistrationToken } from "@orchestratia/protocol/operations/people";
import { addNote, approveTask, createTask } from "@orchestratia/protocol/operations/people-tasks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { until } from "../testing/until.ts";

let hub: TestHub;
let project: { id: string; key: string };
beforeAll(async () => {
  hub = await startTestHub();
  project = await hub.project();
});
afterAll(() => hub[Symbol.asyncDispose]());

const TASK = { title: "Once", spec: "Do it.", auto_assign: false };

async function post(path: string, key: string, body: unknown, headers?: Record<string, string>) {
  const response = await hub.fetch(path.replace(":project", project.id), {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "idempotency-key": key,
      ...(headers ?? (await hub.systemHeaders())),
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    replayed: response.headers.get("idempotency-replayed"),
    etag: response.headers.get("etag"),
    form: response.headers.get("content-type")?.split(";")[0],
    text,
    code: (JSON.parse(text) as { type?: string }).type?.split(":").at(-1),
  };
}

const create = (key: string, body: unknown = TASK, headers?: Record<string, string>) =>
  post(createTask.path, key, body, headers);

async function tasks(): Promise<number> {
  const [row] = await hub.database.sql.query<{ n: number }>("select count(*) as n from tasks");
  return row?.n ?? 0;
}

test("the same request with the same key is carried out once and answered twice alike", async () => {
  const key = randomUUID();
  const before = await tasks();
  const first = await create(key);
  expect(first).toMatchObject({ status: 201, replayed: null, etag: expect.stringMatching(/\d/) });
  expect(await create(key)).toEqual({ ...first, replayed: "true" });
  expect(await tasks()).toBe(before + 1);
  const { key: task } = JSON.parse(first.text) as { key: string };
  const note = () => post(addNote.path.replace(":task", task), `${key}-note`, { content: "Mind the gap." });
  const noted = await note();
  expect(noted.status).toBe(201);
  expect(await note()).toEqual({ ...noted, replayed: "true" });
  const notes = await hub.database.sql.query("select from task_notes where content = 'Mind the gap.'");
  expect(notes).toHaveLength(1);
});

test("a key that came with another body, or for another operation, is refused", async () => {
  const key = randomUUID();
  expect((await create(key)).status).toBe(201);
  const before = await tasks();
  expect(await create(key, { ...TASK, title: "Another" })).toMatchObject({
    status: 422,
    code: "idempotency_key_reused",
  });
  expect(await post(createRegistrationToken.path, key, {})).toMatchObject({ code: "idempotency_key_reused" });
  expect(await tasks()).toBe(before);
});

test("keys are each caller's own", async () => {
  const key = randomUUID();
  const asSystem = await create(key);
  const asAdmin = await create(key, TASK, await hub.adminHeaders());
  expect(asAdmin).toMatchObject({ status: 201, replayed: null });
  expect(asAdmin.text).not.toBe(asSystem.text);
});

test("a refusal that the request itself earned is repeated, whatever has changed meanwhile", async () => {
  const key = randomUUID();
  const { key: task } = JSON.parse((await create(`${key}-task`)).text) as { key: string };
  const approve = () => post(approveTask.path.replace(":task", task), key, {});
  const first = await approve();
  expect(first).toMatchObject({
    status: 409,
    code: "task_wrong_status",
    form: "application/problem+json",
    replayed: null,
  });
  expect(await approve()).toEqual({ ...first, replayed: "true" });
  const note = await post(addNote.path.replace(":task", task), key, { content: "Another request." });
  expect(note).toMatchObject({ status: 422, code: "idempotency_key_reused" });
});

test("a failure whose transaction was rolled back frees the key, also when the database was away for that", async () => {
  for (const keysAreAway of [false, true]) {
    const key = randomUUID();
    const before = await tasks();
    const { sql } = hub.database;
    const gate = await hub.database.pool.connect();
    await gate.query("begin");
    await gate.query("lock table tasks in exclusive mode");
    const failing = create(key);
    const waiting = "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    await until(async () => (await sql.query(waiting)).length > 0);
    if (keysAreAway) await sql.query("alter table hub.idempotency_keys rename to keys_away");
    await sql.query(`select pg_terminate_backend(pid) from (${waiting}) as w`);
    expect(await failing).toMatchObject({ status: 503, code: "database_unavailable" });
    if (keysAreAway) await sql.query("alter table hub.keys_away rename to idempotency_keys");
    await gate.query("commit");
    gate.release();
    expect(await create(key)).toMatchObject({ status: 201, replayed: null });
    expect(await tasks()).toBe(before + 1);
  }
});

test("where the database went while it committed nobody can say: the key is refused for as long as it is kept", async () => {
  const key = randomUUID();
  const { sql } = hub.database;
  await sql.query(`create function die_at_commit() returns trigger language plpgsql as
    'begin perform pg_terminate_backend(pg_backend_pid()); return null; end'`);
  await sql.query(`create constraint trigger die_at_commit after insert on tasks deferrable initially deferred
    for each row execute function die_at_commit()`);
  expect(await create(key)).toMatchObject({ status: 503, code: "database_unavailable" });
  await sql.query("drop trigger die_at_commit on tasks");
  expect(await create(key)).toMatchObject({ status: 409, code: "request_in_progress" });
  const claims = "select expires_at > now() + interval '23 hours' as lasts from hub.idempotency_keys where key = $1";
  expect(await sql.query(claims, [key])).toEqual([{ lasts: true }]);
  await sql.query("update hub.idempotency_keys set expires_at = now() where key = $1", [key]);
  expect(await create(key)).toMatchObject({ status: 201, replayed: null });
});

test("what a daemon sends twice with one key is written down once", async () => {
  const server = await hub.registerServer(project);
  const key = randomUUID();
  const entry = { tool_name: "Bash", tool_input: { command: "ls" }, decision: "allowed" };
  const log = () => post(logPermissions.path, key, { entries: [entry] }, { "x-api-key": server.key });
  const first = await log();
  expect(first.status).toBe(201);
  expect(JSON.parse(first.text)).toEqual({ kept: 1 });
  expect(await log()).toEqual({ ...first, replayed: "true" });
  expect(await hub.database.sql.query("select from hub.permission_log where server_id = $1", [server.id])).toHaveLength(
    1,
  );
});

test("a refused request did nothing, so its key may try again", async () => {
  const key = randomUUID();
  const body = { ...TASK, parent_id: "nothing-there" };
  const first = await create(key, body);
  expect(first.status).toBe(404);
  expect((await create(key)).status).toBe(201);
});

test("who repeats a request that is under way waits for its answer", async () => {
  const key = randomUUID();
  const before = await tasks();
  const gate = await hub.database.pool.connect();
  await gate.query("begin");
  await gate.query("lock table tasks in exclusive mode");
  const both = [create(key), create(key), create(key)];
  await until(async () => {
    const [row] = await hub.database.sql.query<{ n: number }>(
      "select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return (row?.n ?? 0) > 0;
  });
  await gate.query("commit");
  gate.release();
  const answers = await Promise.all(both);
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(answers.filter(({ replayed }) => replayed === "true")).toHaveLength(2);
  expect(await tasks()).toBe(before + 1);
});

test("a claim whose hub died is not carried out again until it expires", async () => {
  const key = randomUUID();
  const { text } = await create(key);
  await hub.database.sql.query("update hub.idempotency_keys set status = null, body = null where key = $1", [key]);
  const before = await tasks();
  expect(await create(key)).toMatchObject({ status: 409, code: "request_in_progress" });
  expect(await tasks()).toBe(before);
  await hub.database.sql.query("update hub.idempotency_keys set expires_at = now() where key = $1", [key]);
  const again = await create(key);
  expect(again).toMatchObject({ status: 201, replayed: null });
  expect(again.text).not.toBe(text);
});

test("an answer that holds a secret is not kept", async () => {
  const key = randomUUID();
  const first = await post(createRegistrationToken.path, key, {});
  expect(first.status).toBe(201);
  const secret = (JSON.parse(first.text) as { token: string }).token.split(".").at(-1) ?? "";
  expect(JSON.stringify(await hub.database.sql.query("select * from hub.idempotency_keys"))).not.toContain(secret);
  expect(await post(createRegistrationToken.path, key, {})).toMatchObject({ status: 409, code: "answer_not_kept" });
});

test("a key that is none is refused, and reads take no notice of one", async () => {
  expect(await create("ä".repeat(3))).toMatchObject({ status: 422, code: "invalid_request" });
  expect(await create("k".repeat(201))).toMatchObject({ status: 422, code: "invalid_request" });
  const read = await hub.fetch("/api/v1/projects", {
    headers: { ...(await hub.systemHeaders()), "idempotency-key": "read" },
  });
  expect(read.status).toBe(200);
  expect(await hub.database.sql.query("select from hub.idempotency_keys where key = 'read'")).toEqual([]);
});

test("expired keys are removed", async () => {
  const key = randomUUID();
  await create(key);
  await hub.database.sql.query("update hub.idempotency_keys set expires_at = now() where key = $1", [key]);
  await hub.stop();
  await hub.start();
  await until(
    async () => (await hub.database.sql.query("select from hub.idempotency_keys where key = $1", [key])).length === 0,
  );
});
