import { randomUUID } from "node:crypto";
import { agentListServers } from "@orchestratia/protocol/operations/agents";
import * as daemons from "@orchestratia/protocol/operations/daemons";
import { createRegistrationToken, listServers } from "@orchestratia/protocol/operations/people";
import { afterAll, beforeAll, expect, test } from "vitest";
import { execute } from "../testing/admin-sql.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { refusal, refusalCode } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

const register = (registration_token: string, machine_id: string = randomUUID(), name = "box") =>
  hub.client().call(daemons.registerServer, { body: { name, machine_id, registration_token } });

const serversOf = async (project: { id: string }) =>
  (await (await hub.system()).call(listServers, { params: { project: project.id } })).servers;

test("a token carries the hub's address and is kept as a hash only", async () => {
  const project = await hub.project();
  const { token, command, expires_at } = await (await hub.system()).call(createRegistrationToken, {
    params: { project: project.id },
    body: { expires_in_seconds: 600 },
  });
  const [address = "", secret = ""] = token.slice("orcreg_".length).split(".");
  expect(Buffer.from(address, "base64url").toString()).toBe(hub.url);
  expect(command).toBe(`orchestratia-agent --register ${token}`);
  expect(new Date(expires_at).getTime() - Date.now()).toBeGreaterThan(590_000);
  const rows = await hub.database.sql.query("select * from registration_tokens");
  expect(JSON.stringify(rows)).not.toContain(secret);
});

test("wrong, used and expired tokens are refused with a sentence, and register nothing", async () => {
  const project = await hub.project();
  const used = await hub.registrationToken(project);
  const { name } = await register(used);
  const expired = await hub.registrationToken(project);
  await hub.database.sql.query(
    "update registration_tokens set expires_at = now() - interval '1 second' where project_id = $1 and used_at is null",
    [project.id],
  );
  const wrong: [string, string][] = [
    ["", "invalid_request"],
    ["nonsense", "token_invalid"],
    ["orcreg_aHR0cA", "token_invalid"],
    ["orcreg_aHR0cA.", "token_invalid"],
    [`${used}x`, "token_invalid"],
    [used, "token_used"],
    [expired, "token_expired"],
  ];
  for (const [token, code] of wrong) {
    const refused = await refusal(register(token));
    expect(refused, token).toMatchObject({ code, detail: expect.stringMatching(/\S/) });
    expect(refused?.status).toBe(code === "invalid_request" ? 422 : 401);
  }
  expect((await serversOf(project)).map((server) => server.name)).toEqual([name]);
});

test("ten machines with one token at once: exactly one registers", async () => {
  const project = await hub.project();
  const token = await hub.registrationToken(project);
  const gate = await hub.database.pool.connect();
  await gate.query("begin");
  await gate.query("select from registration_tokens where project_id = $1 for update", [project.id]);
  const racing = Array.from({ length: 10 }, () => register(token));
  const settled = Promise.allSettled(racing);
  await until(async () => {
    const [row] = await hub.database.sql.query<{ n: number }>(
      "select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return row?.n === 10;
  });
  await gate.query("commit");
  gate.release();
  const outcomes = await settled;
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "token_used", status: 401 });
  }
  expect(await serversOf(project)).toHaveLength(1);
});

test("a machine that lost the answer asks again with its token and gets a key that works; the first no longer does", async () => {
  const project = await hub.project();
  const token = await hub.registrationToken(project);
  const machine = randomUUID();
  const first = await register(token, machine);
  const listWith = (key: string) => hub.client({ "x-api-key": key }).call(agentListServers);
  await listWith(first.api_key);
  const second = await register(token, machine);
  expect(second).toMatchObject({ id: first.id, name: first.name });
  await listWith(second.api_key);
  expect(await refusalCode(listWith(first.api_key))).toBe("unauthenticated");
  expect(await refusalCode(register(token, randomUUID()))).toBe("token_used");
  await hub.database.sql.query(
    "update registration_tokens set used_at = used_at - interval '11 minutes' where server_id = $1",
    [first.id],
  );
  expect(await refusalCode(register(token, machine))).toBe("token_used");
});

test("a known machine keeps its row; another, or one without an id, gets its own name", async () => {
  const project = await hub.project();
  const machine = randomUUID();
  const again = async (id: string) => register(await hub.registrationToken(project), id, "box");
  const first = await again(machine);
  expect(first.name).toBe("box");
  expect((await again(machine)).id).toBe(first.id);
  expect((await again(randomUUID())).name).toBe("box-2");
  expect((await again("")).name).toBe("box-3");
  expect((await again("")).name).toBe("box-4");
  const elsewhere = await hub.project();
  expect((await register(await hub.registrationToken(elsewhere), machine, "box")).id).not.toBe(first.id);
});

test("the address is the connection's, whatever the daemon says", async () => {
  const project = await hub.project();
  await hub.registerServer(project, { ip: "10.9.8.7", hostname: "h", os: "linux" });
  expect((await serversOf(project))[0]).toMatchObject({
    ip: "127.0.0.1",
    hostname: "h",
    os: "linux",
    status: "offline",
  });
});

test("a heartbeat brings the server online, once, and its report is what people and agents see", async () => {
  const project = await hub.project();
  const { id, client } = await hub.registerServer(project, { repos: { app: "/srv/app" } });
  const agents = [{ name: "codex", kind: "codex" as const, version: "1.2" }];
  const capabilities = { languages: ["go"], environments: [], tools: ["docker"], tags: [] };
  const beat = { system_info: { cpu_count: 8, load: "anything" }, agents, capabilities, max_concurrent: 7 };
  await Promise.all([1, 2, 3].map(() => client.call(daemons.heartbeat, { body: beat })));
  await client.call(daemons.heartbeat, { body: { system_info: { cpu_count: 8 } } });

  const seen = {
    id,
    status: "online",
    reachable: false,
    agents,
    capabilities,
    repos: { app: "/srv/app" },
    max_concurrent: 7,
  };
  expect(await serversOf(project)).toMatchObject([{ ...seen, system_info: { cpu_count: 8 } }]);
  expect((await client.call(agentListServers)).servers).toMatchObject([seen]);
  const facts = await hub.database.sql.query<{ event_type: string }>(
    "select event_type from activity_log where server_id = $1 order by seq",
    [id],
  );
  expect(facts.map(({ event_type }) => event_type)).toEqual(["server.registered", "server.online"]);
});

test("a version 1 daemon takes its processors and two more at most, and the hub's word beats every report", async () => {
  const project = await hub.project();
  const most = async (report: object, beat: object = {}) => {
    const { id, client } = await hub.registerServer(project, report);
    await client.call(daemons.heartbeat, { body: beat });
    const servers = await serversOf(project);
    return servers.find((server) => server.id === id)?.max_concurrent;
  };
  const shell = [{ name: "shell", kind: "shell" as const }];
  expect(await most({})).toBe(4);
  expect(await most({ system_info: { cpu_count: 1 } }, { system_info: { cpu_count: 1 } })).toBe(3);
  expect(await most({}, { system_info: { cpu_count: 64 } })).toBe(4);
  expect(await most({ agents: shell, max_concurrent: 20 })).toBe(20);
  expect(await most({}, { agents: shell, system_info: { cpu_count: 1 } })).toBe(4);

  const { id, client } = await hub.registerServer(project, { agents: shell, max_concurrent: 20 });
  await hub.database.sql.query("update servers set max_concurrent_override = 2 where id = $1", [id]);
  await client.call(daemons.heartbeat, { body: { max_concurrent: 30 } });
  expect((await serversOf(project)).find((server) => server.id === id)?.max_concurrent).toBe(2);
});

test("a server that falls silent is offline, and what the hub could not hear does not count", async () => {
  await using watched = await startTestHub({ watch: { offlineMs: 3_000, checkMs: 50 } });
  const project = await watched.project();
  const { client } = await watched.registerServer(project);
  await client.call(daemons.heartbeat, { body: {} });
  const status = async () =>
    (await watched.database.sql.query<{ status: string }>("select status from servers"))[0]?.status;
  expect(await status()).toBe("online");

  await watched.stop();
  await execute(watched.databaseUrl, "update servers set last_heartbeat = now() - interval '1 hour'");
  await watched.start();
  expect(await status()).toBe("online");

  await until(async () => (await status()) === "offline");
  const [fact] = await watched.database.sql.query(
    "select actor, details from activity_log where event_type = 'server.offline'",
  );
  expect(fact).toMatchObject({ actor: { type: "system" }, details: { name: expect.any(String) } });
});

test("access grants are an empty list for the server's key alone", async () => {
  const { client } = await hub.registerServer(await hub.project());
  expect(await client.call(daemons.listAccessGrants)).toEqual([]);
  expect(await refusalCode((await hub.system()).call(daemons.listAccessGrants))).toBe("unauthenticated");
});
