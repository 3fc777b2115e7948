import { randomUUID } from "node:crypto";
import type { HubClient } from "@orchestratia/client/http";
import { agentListServers, agentStatus } from "@orchestratia/protocol/operations/agents";
import { registerServer } from "@orchestratia/protocol/operations/daemons";
import { createRegistrationToken } from "@orchestratia/protocol/operations/people";
import * as operations from "@orchestratia/protocol/operations/server-keys";
import { CLOSE_CODES } from "@orchestratia/protocol/server-link";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findIdentity } from "../access/find-identity.ts";
import { SignInTokens } from "../access/sign-in-token.ts";
import { FakeDaemon } from "../testing/fake-daemon.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam, refusalCode } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";

let hub: TestHub;
let admin: HubClient;
beforeAll(async () => {
  hub = await startTestHub();
  admin = await hub.admin();
});
afterAll(() => hub[Symbol.asyncDispose]());

/** A project with one server whose daemon is connected. */
async function connected() {
  const project = await hub.project();
  const daemon = await FakeDaemon.register(hub.url, { registration_token: await hub.registrationToken(project) });
  await daemon.connect();
  const params = { project: project.key, server: daemon.serverId };
  const works = async (key: string) =>
    (await refusalCode(hub.client({ "x-api-key": key }).call(agentListServers))) === undefined;
  return {
    project,
    daemon,
    params,
    works,
    keys: async () => (await admin.call(operations.listServerKeys, { params })).keys,
    rotate: (overlap_seconds?: number) =>
      admin.call(operations.rotateServerKey, {
        params,
        body: overlap_seconds === undefined ? {} : { overlap_seconds },
      }),
    [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose](),
  };
}

test("a new key works beside the old one, which ends when the overlap is over, and its socket at once", async () => {
  await using own = await connected();
  const { daemon, works, keys, rotate } = own;
  const rotated = await rotate();
  expect(new Date(rotated.others_expire_at).getTime() - Date.now()).toBeGreaterThan(86_000_000);
  expect(await works(rotated.api_key)).toBe(true);
  expect(await works(daemon.apiKey)).toBe(true);
  const listed = await keys();
  expect(listed).toMatchObject([
    { good: true, expires_at: null, prefix: rotated.api_key.slice(0, 12) },
    { good: true, expires_at: rotated.others_expire_at, prefix: daemon.apiKey.slice(0, 12) },
  ]);
  expect(JSON.stringify(listed)).not.toContain(rotated.api_key);

  await hub.database.sql.query(
    "update hub.server_keys set expires_at = now() where server_id = $1 and expires_at is not null",
    [daemon.serverId],
  );
  await hub.hub.engine.rederive();
  expect(await daemon.closed).toMatchObject({ code: CLOSE_CODES.unauthenticated });
  expect(await works(rotated.api_key)).toBe(true);
});

test("without an overlap the old key and its socket end at once, by themselves", async () => {
  await using own = await connected();
  const { daemon, works, rotate } = own;
  await works(daemon.apiKey);
  const { api_key } = await rotate(0);
  expect(await daemon.closed).toMatchObject({ code: CLOSE_CODES.unauthenticated });
  expect([await works(daemon.apiKey), await works(api_key)]).toEqual([false, true]);
});

test("a second rotation never lengthens the life of a key", async () => {
  await using own = await connected();
  const { keys, rotate } = own;
  const first = await rotate(600);
  await rotate(86_400);
  expect((await keys()).at(-1)?.expires_at).toBe(first.others_expire_at);
});

test("a revoked key opens nothing at once and its socket is closed; other keys and their sockets stay", async () => {
  await using own = await connected();
  const { daemon, params, works, keys, rotate } = own;
  const { api_key, key } = await rotate();
  expect(await works(api_key)).toBe(true);
  const revoke = (id: string) => admin.call(operations.revokeServerKey, { params: { ...params, key: id } });
  expect(await revoke(key.id)).toMatchObject({ good: false, revoked_at: expect.any(String) });
  expect([await works(api_key), await works(daemon.apiKey)]).toEqual([false, true]);
  await daemon.heartbeat();

  const old = (await keys()).find(({ good }) => good)?.id ?? "";
  const { revoked_at } = await revoke(old);
  expect(await daemon.closed).toMatchObject({ code: CLOSE_CODES.unauthenticated });
  expect(await works(daemon.apiKey)).toBe(false);
  expect(await revoke(old)).toMatchObject({ revoked_at });
  expect(await refusalCode(revoke(randomUUID()))).toBe("server_key_not_found");
  await using other = await connected();
  const foreign = { ...other.params, key: old };
  expect(await refusalCode(admin.call(operations.revokeServerKey, { params: foreign }))).toBe("server_key_not_found");
});

test("when a key was last used is kept", async () => {
  await using own = await connected();
  const { daemon, works, keys } = own;
  await works(daemon.apiKey);
  await hub.hub.engine.rederive();
  expect((await keys())[0]?.last_used_at).not.toBeNull();
});

test("registering again ends every key of the machine, also one in its overlap", async () => {
  const project = await hub.project();
  const machine_id = randomUUID();
  const register = async () =>
    hub.client().call(registerServer, {
      body: { name: "box", machine_id, registration_token: await hub.registrationToken(project) },
    });
  const first = await register();
  const params = { project: project.key, server: first.id };
  const rotated = await admin.call(operations.rotateServerKey, { params, body: {} });
  const again = await register();
  expect(again.id).toBe(first.id);
  const works = async (key: string) =>
    (await refusalCode(hub.client({ "x-api-key": key }).call(agentListServers))) === undefined;
  expect([await works(first.api_key), await works(rotated.api_key), await works(again.api_key)]).toEqual([
    false,
    false,
    true,
  ]);
});

test("registration tokens are listed without their secrets, and a revoked one registers nothing", async () => {
  const project = await hub.project();
  const params = { project: project.key };
  const { token } = await admin.call(createRegistrationToken, { params, body: {} });
  const used = await hub.registrationToken(project);
  const { id: server } = await hub
    .client()
    .call(registerServer, { body: { name: "box", machine_id: randomUUID(), registration_token: used } });
  const list = async () => (await admin.call(operations.listRegistrationTokens, { params })).registration_tokens;
  const before = await list();
  expect(before).toMatchObject([
    { good: false, server_id: server, used_at: expect.any(String) },
    { good: true, server_id: null, used_at: null, created_by: { name: "Ada" } },
  ]);
  expect(JSON.stringify(before)).not.toContain(token.split(".").at(-1));
  const id = before[1]?.id ?? "";
  const revoked = await admin.call(operations.revokeRegistrationToken, { params: { ...params, token: id } });
  expect(revoked).toMatchObject({ id, good: false, revoked_at: expect.any(String) });
  const register = hub.client().call(registerServer, { body: { name: "box", registration_token: token } });
  expect(await refusalCode(register)).toBe("token_invalid");
  const elsewhere = { project: (await hub.project()).key, token: id };
  expect(await refusalCode(admin.call(operations.revokeRegistrationToken, { params: elsewhere }))).toBe(
    "registration_token_not_found",
  );
});

test("a token whose machine has no id registers once, however soon it is tried again", async () => {
  const project = await hub.project();
  const registration_token = await hub.registrationToken(project);
  const register = () =>
    hub.client().call(registerServer, { body: { name: "box", machine_id: "", registration_token } });
  await register();
  expect(await refusalCode(register())).toBe("token_used");
});

test("a revoked session token reports nothing more, and is revoked for good", async () => {
  await using team = await openTestTeam({ url: hub.url, admin });
  const agent = await team.startAgent();
  await agent.client.call(agentStatus);
  const params = { project: team.project, session: agent.id };
  const session = await admin.call(operations.revokeSessionToken, { params });
  expect(session.id).toBe(agent.id);
  expect(await refusalCode(agent.client.call(agentStatus))).toBe("unauthenticated");
  await admin.call(operations.revokeSessionToken, { params });
  const facts = await hub.database.sql.query(
    "select from activity_log where event_type = 'session.token_revoked' and session_id = $1",
    [agent.id],
  );
  expect(facts).toHaveLength(1);
});

const AGE = "select extract(epoch from now() - missing_since)::float8 as s from sessions where id = $1";

test("a session's token lives for a day from when its terminal went out of reach", async () => {
  await using team = await openTestTeam({ url: hub.url, admin });
  const agent = await team.startAgent();
  const { sql } = hub.database;
  const missing = async () => {
    const [row] = await sql.query<{ missing_since: Date | null }>("select missing_since from sessions where id = $1", [
      agent.id,
    ]);
    return row?.missing_since;
  };
  expect(await missing()).toBeNull();
  await team.daemon.cut();
  await until(async () => (await missing()) !== null);
  const tokens = new SignInTokens("secret", "instance");
  const isGood = async () => (await findIdentity(sql, tokens, agent.token)) !== undefined;
  const ago = (time: string) =>
    sql.query("update sessions set missing_since = now() - $2::interval where id = $1", [agent.id, time]);
  await ago("23 hours 59 minutes");
  expect(await isGood()).toBe(true);
  await ago("24 hours 1 second");
  expect(await isGood()).toBe(false);
  // While the hub is down nobody can come back: that time does not count.
  await ago("23 hours 59 minutes");
  await hub.stop();
  await hub.start();
  const since = (await hub.database.sql.query<{ s: number }>(AGE, [agent.id]))[0]?.s ?? Infinity;
  expect(since).toBeLessThan(3_600);
});

test("a session whose terminal came back has its token as before", async () => {
  await using team = await openTestTeam({ url: hub.url, admin: await hub.admin() });
  const agent = await team.startAgent();
  const { sql } = hub.database;
  await sql.query("update sessions set status = 'lost' where id = $1", [agent.id]);
  await sql.query("update sessions set missing_since = now() - interval '2 days' where id = $1", [agent.id]);
  const tokens = new SignInTokens("secret", "instance");
  const isGood = async () => (await findIdentity(sql, tokens, agent.token)) !== undefined;
  expect(await isGood()).toBe(false);
  await sql.query("update sessions set status = 'active' where id = $1", [agent.id]);
  expect(await isGood()).toBe(true);
});
