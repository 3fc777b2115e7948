import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { registerServer } from "@orchestratia/protocol/operations/daemons";
import { createProject, setupState } from "@orchestratia/protocol/operations/people";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";

let hub: TestHub;
let system: Record<string, string>;
beforeAll(async () => {
  hub = await startTestHub();
  system = { authorization: await bearerOfSystem() };
});
afterAll(() => hub[Symbol.asyncDispose]());

async function bearerOfSystem(): Promise<string> {
  return `Bearer ${await readFile(`${hub.home}/local-token`, "utf8")}`;
}

interface BadInput {
  what: string;
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string;
  status: number;
  code: string;
}

const json = { "content-type": "application/json" };

const badInputs: BadInput[] = [
  { what: "an unknown address", method: "GET", path: "/api/v1/nowhere", status: 404, code: "not_found" },
  { what: "an unknown method", method: "PUT", path: "/api/v1/projects", status: 404, code: "not_found" },
  { what: "an address outside of the API", method: "GET", path: "/nowhere", status: 404, code: "not_found" },
  {
    what: "an address that is not encoded",
    method: "GET",
    path: "/api/v1/projects/%zz",
    status: 404,
    code: "not_found",
  },
  { what: "JSON that is none", headers: json, body: "{nope", status: 400, code: "malformed_json" },
  { what: "half a document", headers: json, body: '{"key":"A', status: 400, code: "malformed_json" },
  { what: "a prototype", headers: json, body: '{"__proto__":{"role":"admin"}}', status: 400, code: "malformed_json" },
  { what: "an empty body where one is needed", headers: json, body: "", status: 422, code: "invalid_request" },
  { what: "no body and no content type", headers: {}, status: 422, code: "invalid_request" },
  { what: "an array for an object", headers: json, body: "[]", status: 422, code: "invalid_request" },
  { what: "a wrong type", headers: json, body: '{"key":7,"name":"x"}', status: 422, code: "invalid_request" },
  {
    what: "NUL in a text",
    headers: json,
    body: '{"key":"NULL","name":"a\\u0000b"}',
    status: 422,
    code: "nul_character",
  },
  {
    what: "NUL in a name",
    headers: json,
    body: '{"key":"NULL","name":"a","x\\u0000":1}',
    status: 422,
    code: "nul_character",
  },
  { what: "NUL deep inside", headers: json, body: '{"a":[{"b":["\\u0000"]}]}', status: 422, code: "nul_character" },
  { what: "NUL in an address", method: "GET", path: "/api/v1/projects/a%00b", status: 422, code: "nul_character" },
  {
    what: "another content type",
    headers: { "content-type": "text/plain" },
    body: "x",
    status: 415,
    code: "unsupported_media_type",
  },
  {
    what: "10 MiB",
    headers: json,
    body: JSON.stringify({ name: "x".repeat(10 * 1024 * 1024) }),
    status: 413,
    code: "body_too_large",
  },
];

test.each(badInputs)("$what: $code, one log line, and nothing else happens", async (input) => {
  const { method = "POST", path = "/api/v1/projects", headers = {}, body, status, code } = input;
  const before = await counted();
  hub.logged.length = 0;
  const response = await hub.fetch(path, {
    method,
    headers: { ...system, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const document = await response.json();
  expect(document).toMatchObject({ type: `urn:orchestratia:problem:${code}`, status, instance: path });
  expect(document).toHaveProperty("detail", expect.stringMatching(/\S/));
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toMatch(/^application\/problem\+json/);
  expect(hub.logged.map(({ code, level }) => ({ code, level }))).toEqual([{ code, level: 30 }]);
  expect(await counted()).toEqual(before);
  expect((await hub.fetch("/healthz")).status).toBe(200);
});

const counted = () =>
  hub.database.sql.query(
    "select (select count(*) from projects) as projects, (select count(*) from activity_log) as facts",
  );

test("the words of an escaped backslash are no NUL", async () => {
  const body = JSON.stringify({ key: "BACKSLASH", name: "a\\u0000b" });
  const response = await hub.fetch(createProject.path, { method: "POST", headers: { ...system, ...json }, body });
  expect(await response.json()).toMatchObject({ name: "a\\u0000b" });
});

test("a GET and a DELETE may say JSON and bring none", async () => {
  const get = await hub.fetch(setupState.path, { headers: json });
  expect(get.status).toBe(200);
  const gone = await hub.fetch("/api/v1/server/tasks/none", {
    method: "DELETE",
    headers: { ...json, "x-api-key": "orc_x" },
  });
  expect(gone.status).toBe(401);
});

test("what is no HTTP is answered with a problem as well", async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    let text = "";
    const socket = connect(Number(new URL(hub.url).port), "127.0.0.1", () => socket.write("NONSENSE\r\n\r\n"));
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("close", () => resolve(text)).on("error", reject);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*application\/problem\+json[\s\S]*"status":400/);
});

test("a bug is answered as internal, without its words, and logged once with its cause", async () => {
  const registering = hub.client();
  await hub.database.sql.query("alter table registration_tokens rename to away");
  hub.logged.length = 0;
  const body = { name: "x", registration_token: "orcreg_aA.bb" };
  const refused = registering.call(registerServer, { body });
  await expect(refused).rejects.toMatchObject({ code: "internal", status: 500 });
  await expect(refused).rejects.not.toMatchObject({ detail: expect.stringContaining("registration_tokens") });
  await hub.database.sql.query("alter table away rename to registration_tokens");
  expect(hub.logged).toHaveLength(1);
  expect(hub.logged[0]).toMatchObject({
    level: 50,
    code: "internal",
    err: { message: expect.stringContaining("registration_tokens") },
  });
});

test("whoever is not signed in is held back after a while, by address, and others are not", async () => {
  await using limited = await startTestHub({ config: { requestRates: { perAddress: 5, perCaller: 1000 } } });
  const client = await limited.system();
  await client.call(createProject, { body: { key: "FIRST", name: "Known from now on" } });
  const knock = async (path: string, headers: Record<string, string> = {}) =>
    (await limited.fetch(path, { headers })).status;
  const statuses: number[] = [];
  for (let n = 0; n < 4; n += 1) statuses.push(await knock("/api/v1/projects", { authorization: `Bearer wrong-${n}` }));
  expect(statuses).toEqual([401, 401, 401, 401]);
  expect(await knock(setupState.path)).toBe(200);
  expect(await knock(setupState.path)).toBe(429);
  expect(await knock("/api/v1/projects", { authorization: "Bearer wrong" })).toBe(429);
  const refused = await limited.fetch(setupState.path);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  await client.call(createProject, { body: { key: "FINE", name: "Still served" } });
});

test("each key has its own measure", async () => {
  await using limited = await startTestHub({ config: { requestRates: { perAddress: 600, perCaller: 3 } } });
  const project = await limited.project();
  const one = await limited.registerServer(project);
  const other = await limited.registerServer(project);
  const list = async (key: string) =>
    (await limited.fetch("/api/v1/server/servers", { headers: { "x-api-key": key } })).status;
  expect([await list(one.key), await list(one.key), await list(one.key), await list(one.key)]).toEqual([
    200, 200, 200, 429,
  ]);
  expect(await list(other.key)).toBe(200);
});

test("a key that the hub does not know yet is refused before the query when its address is over the limit", async () => {
  await using limited = await startTestHub({ config: { requestRates: { perAddress: 3, perCaller: 1000 } } });
  const project = await limited.project();
  const { key } = await limited.registerServer(project);
  const ask = async (secret: string) =>
    (await limited.fetch("/api/v1/server/servers", { headers: { "x-api-key": secret } })).status;
  // From here on each query about a key breaks.
  await limited.database.sql.query("alter table hub.server_keys rename to away");
  expect(await ask("orc_guess")).toBe(500);
  await limited.database.sql.query("alter table hub.away rename to server_keys");
  // One went to the registration.
  expect([await ask("orc_guess"), await ask("orc_guess")]).toEqual([401, 401]);
  await limited.database.sql.query("alter table hub.server_keys rename to away");
  expect([await ask("orc_guess"), await ask(key)]).toEqual([429, 429]);
});
