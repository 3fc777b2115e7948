import { randomUUID } from "node:crypto";
import { once } from "node:events";
import * as agents from "@orchestratia/protocol/operations/agents";
import * as people from "@orchestratia/protocol/operations/people";
import * as tasks from "@orchestratia/protocol/operations/people-tasks";
import { type ProblemCode, problemCode, problems } from "@orchestratia/protocol/problems";
import { CLOSE_CODES } from "@orchestratia/protocol/server-link";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { ADMIN, startTestHub, type TestHub } from "./test-hub.ts";
import { openTestTeam, type TestTeam } from "./test-team.ts";

interface Knock {
  method?: string;
  path: string;
  key?: string;
  bearer?: string;
  body?: unknown;
  /** Sent as it is, in place of `body`. */
  raw?: string | ReadableStream;
  /** JSON unless said otherwise. */
  type?: string;
}

let hub: TestHub;
let headers: Record<string, string>;
let setupToken: string;
let team: TestTeam;
let scene: Awaited<ReturnType<typeof setScene>>;
let silent: { path: string; socket: WebSocket }[];

beforeAll(async () => {
  hub = await startTestHub();
  setupToken = hub.setupToken();
  headers = await hub.adminHeaders();
  // They wait for their deadline while everything else goes on.
  silent = ["/ws/server", "/ws/dashboard"].map((path) => ({ path, socket: openSocket(path) }));
  team = await openTestTeam({ url: hub.url, admin: await hub.admin() });
  scene = await setScene();
});
afterAll(async () => {
  await team[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});

/** A task in the hands of a worker, which owes the contracts. */
async function owing(contracts: object[]) {
  const worker = await team.startAgent();
  const task = await team.addTask({ structured_spec: { expected_output: { contracts: contracts as never } } });
  await team.give(task, worker);
  await worker.client.call(agents.agentStartTask, { params: { task: task.key } });
  return { key: worker.token, path: `/api/v1/server/tasks/${task.key}/complete` };
}

async function setScene() {
  const admin = await hub.admin();
  const params = { project: team.project };
  const token = async () => (await admin.call(people.createRegistrationToken, { params, body: {} })).token;
  const [used, expired] = [await token(), await token()];
  await fetch(`${hub.url}/api/v1/servers/register`, post(registration(used, "first")));
  await hub.database.sql.query(
    "update registration_tokens set expires_at = now() - interval '1 second' where used_at is null",
  );

  const leaver = await team.startAgent();
  await admin.call(people.closeSession, { params: { ...params, session: leaver.id } });
  await using elsewhere = await openTestTeam({ url: hub.url, admin });
  const worker = await team.startAgent("worker");
  const first = await team.addTask();
  const second = await team.addTask({ dependency_ids: [first.key] });
  const third = await team.addTask({ dependency_ids: [second.key] });
  return {
    used,
    expired,
    worker,
    closedToken: leaver.token,
    signedOut: await signedOutToken(),
    foreign: await elsewhere.addTask(),
    pending: first,
    first,
    third,
    plain: await owing([{ key: "api" }]),
    typed: await owing([{ key: "api", schema: { type: "object", required: ["version"] } }]),
    hostile: await owing([{ key: "api", schema: { type: "string", pattern: "^(([a-z])+.)+[A-Z]([a-z])+$" } }]),
    tasks: `/api/v1/projects/${team.project}/tasks`,
  };
}

/** Of a sign-in that was ended. */
async function signedOutToken(): Promise<string> {
  const { token } = await hub.client().call(people.signIn, { body: ADMIN });
  await fetch(`${hub.url}/api/v1/auth/logout`, { method: "POST", headers: { authorization: `Bearer ${token}` } });
  return token;
}

const registration = (registration_token: string, machine_id: string) => ({
  name: `machine-${machine_id}`,
  hostname: "machine",
  os: "linux",
  registration_token,
  machine_id,
});
const post = (body: unknown) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

const adminToken = () => headers.authorization?.replace("Bearer ", "") ?? "";
const newTask = { title: "A task", spec: "Do it.", auto_assign: false };
const withContract = (contract: object) => ({
  ...newTask,
  structured_spec: { expected_output: { contracts: [contract] } },
});
const TEN_MIB = 10 * 1024 * 1024;

const register = (registration_token: string): Knock => ({
  path: "/api/v1/servers/register",
  body: registration(registration_token, "second"),
});
const status = (key: string): Knock => ({ method: "GET", path: "/api/v1/server/status", key });
const create = (knock: Partial<Knock>): Knock => ({ path: scene.tasks, bearer: adminToken(), ...knock });
const complete = (owed: { key: string; path: string }, contracts: object): Knock => ({
  ...owed,
  body: { result: { contracts } },
});
const view = (task: string): Knock => ({ method: "GET", path: `${scene.tasks}/${task}`, bearer: adminToken() });

/** What is sent, and the problem that must be answered. */
const requests: [what: string, problem: ProblemCode, knock: () => Knock][] = [
  ["a registration token that never was", "token_invalid", () => register("orcreg_aHR0cA.never")],
  ["a used registration token", "token_used", () => register(scene.used)],
  ["an expired registration token", "token_expired", () => register(scene.expired)],
  ["a session token that never was", "unauthenticated", () => status("orcs_never")],
  ["the token of a closed session", "unauthenticated", () => status(scene.closedToken)],
  ["the token of a sign-in that ended", "unauthenticated", () => ({ ...view("X-1"), bearer: scene.signedOut })],
  [
    "the token of a set-up that is done",
    "setup_done",
    () => ({ path: "/api/v1/setup", body: { ...ADMIN, token: setupToken } }),
  ],
  ["a wrong server key", "unauthenticated", () => status("orc_wrong")],
  ["no key at all", "unauthenticated", () => ({ method: "GET", path: "/api/v1/server/status" })],
  ["a session's token at the people's door", "forbidden", () => ({ ...view("X-1"), bearer: scene.worker.token })],
  ["an id that there is not", "task_not_found", () => view(randomUUID())],
  ["an id that is none", "task_not_found", () => view("'; drop table tasks; --")],
  ["another project's id", "task_not_found", () => view(scene.foreign.id)],
  [
    "another project's id from an agent",
    "task_not_found",
    () => ({ method: "GET", path: `/api/v1/server/tasks/${scene.foreign.id}`, key: scene.worker.token }),
  ],
  [
    "a project that there is not",
    "project_not_found",
    () => create({ path: "/api/v1/projects/NOWHERE/tasks", body: newTask }),
  ],
  [
    "a move that the table forbids",
    "task_wrong_status",
    () => create({ path: `${scene.tasks}/${scene.pending.key}/approve` }),
  ],
  [
    "a result from who is not the worker",
    "not_the_worker",
    () => ({ ...scene.plain, key: scene.worker.token, body: { result: {} } }),
  ],
  [
    "a cycle",
    "dependency_cycle",
    () =>
      create({ path: `${scene.tasks}/${scene.first.key}/dependencies`, body: { depends_on_task_id: scene.third.key } }),
  ],
  ["a missing contract", "contract_unfulfilled", () => complete(scene.plain, {})],
  ["a contract that fails its schema", "contract_unfulfilled", () => complete(scene.typed, { api: { paths: [] } })],
  [
    "a value on which a hostile pattern runs for ever",
    "contract_unfulfilled",
    () => complete(scene.hostile, { api: "a".repeat(40) }),
  ],
  [
    "a schema whose pattern is no pattern",
    "contract_schema_invalid",
    () => create({ body: withContract({ key: "api", schema: { pattern: "(" } }) }),
  ],
  [
    "a schema that is fetched from elsewhere",
    "contract_schema_invalid",
    () => create({ body: withContract({ key: "api", schema: { $ref: "http://127.0.0.1:1/x" } }) }),
  ],
  ["a reserved contract key", "invalid_request", () => create({ body: withContract({ key: "constructor" }) })],
  ["NUL in a text", "nul_character", () => create({ raw: '{"title":"a\\u0000b","spec":"Do it."}' })],
  [
    "NUL in a key of free JSON",
    "nul_character",
    () => create({ raw: '{"title":"a","spec":"b","structured_spec":{"a\\u0000":1}}' }),
  ],
  ["half a character", "lone_surrogate", () => create({ raw: '{"title":"a\\ud800b","spec":"Do it."}' })],
  [
    "JSON nested 10,000 levels deep",
    "json_too_deep",
    () =>
      create({ raw: `{"title":"a","spec":"b","structured_spec":{"x":${"[".repeat(10_000)}${"]".repeat(10_000)}}}` }),
  ],
  ["NUL in the address", "nul_character", () => view("APP%001")],
  ["JSON that is not JSON", "malformed_json", () => create({ raw: '{"title": "a' })],
  ["JSON that would reach a prototype", "malformed_json", () => create({ raw: '{"__proto__": {"title": "a"}}' })],
  ["JSON of another kind", "invalid_request", () => create({ raw: "[1, 2, 3]" })],
  ["an empty JSON body", "invalid_request", () => create({ raw: "" })],
  [
    "a body that is not said to be JSON",
    "unsupported_media_type",
    () => create({ raw: "<task/>", type: "application/xml" }),
  ],
  ["a 10 MiB body", "body_too_large", () => create({ raw: JSON.stringify({ ...newTask, spec: "x".repeat(TEN_MIB) }) })],
  [
    "a 10 MiB body of unknown length",
    "body_too_large",
    () => create({ raw: new Blob(["x".repeat(TEN_MIB)]).stream() }),
  ],
  ["a 10 MiB result", "body_too_large", () => complete(scene.plain, { api: "x".repeat(TEN_MIB) })],
];

test.each(requests)("%s is answered %s and changes nothing", async (_, code, knock) => {
  const before = await settledRows();
  const mark = hub.logged.length;
  const response = await whileOthersAreServed(send(knock()));
  const document = (await response.json()) as Record<string, unknown>;
  expect({ code: problemCode(document), status: response.status }).toEqual({ code, status: problems[code].status });
  expect(response.headers.get("content-type")).toMatch(/^application\/problem\+json/);
  expect(document.detail, "a plain sentence").toMatch(/^\S.+$/s);
  expect(await settledRows()).toEqual(before);
  expect(linesSince(mark)).toEqual([expect.objectContaining({ code, msg: "refused" })]);
});

test("a good request changes rows and is no refusal: the checks above can fail", async () => {
  const before = await settledRows();
  const mark = hub.logged.length;
  expect((await send(create({ body: newTask }))).status).toBe(201);
  const after = await settledRows();
  const changed = Object.keys(after).filter((table) => after[table] !== before[table]);
  expect(changed).toEqual(["public.activity_log", "public.projects", "public.tasks"]);
  expect(linesSince(mark)).toEqual([]);
});

/** What is sent as the first frame, and how the socket must be closed. */
const sockets: [what: string, path: string, code: number, first: string | Buffer][] = [
  ["a daemon that sends junk", "/ws/server", CLOSE_CODES.badFrame, "hello"],
  ["a daemon that sends junk bytes", "/ws/server", CLOSE_CODES.badFrame, Buffer.alloc(100, 0xff)],
  [
    "a daemon with a wrong key",
    "/ws/server",
    CLOSE_CODES.unauthenticated,
    JSON.stringify({ type: "auth", api_key: "orc_no" }),
  ],
  [
    "a daemon that skips its sign-in",
    "/ws/server",
    CLOSE_CODES.unauthenticated,
    JSON.stringify({ type: "session_output", session_id: "x", data: "" }),
  ],
  ["a viewer that sends junk", "/ws/dashboard", CLOSE_CODES.badFrame, "hello"],
  ["a viewer that sends junk bytes", "/ws/dashboard", CLOSE_CODES.badFrame, Buffer.alloc(100, 0xff)],
  [
    "a viewer with a wrong token",
    "/ws/dashboard",
    CLOSE_CODES.unauthenticated,
    JSON.stringify({ type: "auth", token: "no" }),
  ],
  [
    "a viewer that skips its sign-in",
    "/ws/dashboard",
    CLOSE_CODES.unauthenticated,
    JSON.stringify({ type: "subscribe", topic: "inbox" }),
  ],
];

test.each(sockets)("%s at %s is closed with %d and changes nothing", async (_, path, code, first) => {
  const before = await settledRows();
  const mark = hub.logged.length;
  const socket = openSocket(path);
  const closed = once(socket, "close");
  await once(socket, "open");
  socket.send(first);
  const [closedWith] = await whileOthersAreServed(closed);
  expect(closedWith).toBe(code);
  expect(await settledRows()).toEqual(before);
  expect(linesSince(mark)).toEqual([expect.objectContaining({ code })]);
});

test("a socket that never signs in is closed when its time is up", async () => {
  const before = await settledRows();
  const closed = silent.map(async ({ socket }) => {
    if (socket.readyState !== WebSocket.CLOSED) await once(socket, "close");
  });
  await whileOthersAreServed(Promise.all(closed));
  expect(await settledRows()).toEqual(before);
  expect(hub.logged.filter(isTimeUp)).toHaveLength(silent.length);
});

const isTimeUp = (line: Record<string, unknown>): boolean => line.code === CLOSE_CODES.authTimeout;
/** Without those of the sockets that wait for their deadline all the while. */
const linesSince = (mark: number) => hub.logged.slice(mark).filter((line) => !isTimeUp(line));

function send({ method = "POST", path, key, bearer, body, raw, type = "application/json" }: Knock): Promise<Response> {
  return fetch(hub.url + path, {
    method,
    headers: {
      ...(method === "GET" ? {} : { "content-type": type }),
      ...(key === undefined ? {} : { "x-api-key": key }),
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    },
    ...(raw !== undefined && { body: raw }),
    ...(raw === undefined && body !== undefined && { body: JSON.stringify(body) }),
    ...(raw instanceof ReadableStream && { duplex: "half" }),
  } as RequestInit);
}

function openSocket(path: string): WebSocket {
  return new WebSocket(hub.url.replace(/^http/, "ws") + path);
}

/** Somebody else's requests, from sign-in to database, again and again until the bad one is dealt with. */
async function whileOthersAreServed<T>(bad: Promise<T>): Promise<T> {
  let isOver = false;
  const over = bad.finally(() => {
    isOver = true;
  });
  const params = { project: team.project, task: scene.pending.key };
  do {
    const [task, status] = await Promise.all([
      team.admin.call(tasks.viewTask, { params }),
      scene.worker.client.call(agents.agentStatus),
    ]);
    expect([task.key, status.connected]).toEqual([scene.pending.key, true]);
  } while (!isOver);
  return over;
}

/** A checksum of each table, once everything that was set going has come to rest; but for who knocked and was heard of. */
async function settledRows(): Promise<Record<string, string>> {
  const { engine, sequencer, database } = hub.hub;
  await sequencer.settled();
  await engine.settled();
  await sequencer.settled();
  await engine.settled();
  const { sql } = database;
  const tables = await sql.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname in ('public', 'hub', 'engine')
        -- What is found by searching follows in its own time.
        and tablename not in ('task_search', 'cursors') order by 1`,
  );
  const sums = tables.map(async ({ name }) => {
    const [row] = await sql.query<{ sum: string }>(
      `select md5(coalesce(string_agg(line::text, '|' order by line::text), '')) as sum
       from (select to_jsonb(r) - 'last_used_at'${name === "engine.leases" ? " - 'expires_at'" : ""} as line from ${name} r) as lines
       where coalesce(line->>'event_type', '') <> 'access.denied'`,
    );
    return [name, row?.sum ?? ""] as const;
  });
  return Object.fromEntries(await Promise.all(sums));
}
