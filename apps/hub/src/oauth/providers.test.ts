import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { HubClient } from "@orchestratia/client/http";
import * as operations from "@orchestratia/protocol/operations/oauth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfig } from "../config.ts";
import { newAccount, type OauthWorld, openOauthWorld } from "../testing/oauth-world.ts";
import { startTestHub } from "../testing/test-hub.ts";
import { refusalCode } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";

const SECRET = "the secret of a client";
const KEYCLOAK = {
  id: "keycloak",
  kind: "oidc",
  issuer: "https://login.example.org/realms/main",
  client_id: "hub",
  client_secret: SECRET,
} as const;

let world: OauthWorld;
let admin: HubClient;
beforeAll(async () => {
  world = await openOauthWorld();
  admin = await world.hub.admin();
});
afterAll(() => world[Symbol.asyncDispose]());

const stored = async (id: string) => {
  const [row] = await world.hub.database.sql.query<{ client_secret_sealed: string }>(
    "select client_secret_sealed from hub.oauth_providers where id = $1",
    [id],
  );
  return row?.client_secret_sealed ?? "";
};

test("an admin sets a provider up, changes and removes it; its secret is sealed and told to nobody", async () => {
  const made = await admin.call(operations.createOauthProvider, {
    body: { ...KEYCLOAK, allowed_domains: [" Example.ORG"] },
  });
  expect(made).toEqual({
    id: "keycloak",
    kind: "oidc",
    name: "Single sign-on",
    issuer: KEYCLOAK.issuer,
    client_id: "hub",
    allowed_domains: ["example.org"],
    link_verified_email: false,
    enabled: true,
    source: "hub",
    callback_url: `${world.hub.url}/api/v1/auth/oauth/keycloak/callback`,
    identities: 0,
    fault: null,
  });
  const before = await stored("keycloak");
  expect(before).toMatch(/^v1\./);
  const params = { provider: "keycloak" };
  const changes = { name: "Keycloak", client_secret: "another secret", link_verified_email: true, enabled: false };
  const changed = await admin.call(operations.updateOauthProvider, { params, body: changes });
  const { client_secret: _, ...told } = changes;
  expect(changed).toEqual({ ...made, ...told });
  expect(await stored("keycloak")).not.toBe(before);
  expect(await admin.call(operations.deleteOauthProvider, { params })).toEqual({ ok: true, unlinked: 0 });
  expect(await refusalCode(admin.call(operations.deleteOauthProvider, { params }))).toBe("provider_not_found");

  const facts = await world.hub.database.sql.query<{ event_type: string; details: object }>(
    "select event_type, details from activity_log where details->>'provider' = 'keycloak' order by seq",
  );
  expect(facts).toEqual([
    { event_type: "oauth_provider.created", details: { provider: "keycloak", kind: "oidc", issuer: KEYCLOAK.issuer } },
    { event_type: "oauth_provider.updated", details: { provider: "keycloak", fields: Object.keys(changes) } },
    { event_type: "oauth_provider.deleted", details: { provider: "keycloak", unlinked: 0 } },
  ]);
  const everything = JSON.stringify([facts, world.hub.logged, made, changed]);
  for (const secret of [SECRET, "another secret"]) expect(everything).not.toContain(secret);
});

test("a secret is not taken to another issuer, whoever writes it into the database", async () => {
  const id = await world.addProvider();
  await world.hub.database.sql.query("update hub.oauth_providers set issuer = 'https://evil.example' where id = $1", [
    id,
  ]);
  const { providers } = await admin.call(operations.listOauthProviders);
  expect(providers.find((provider) => provider.id === id)?.fault).toContain("The seal is broken");
  expect(await world.come(id, newAccount())).toMatchObject({ user: undefined, problem: "provider_unavailable" });
});

test("the sign-in page is told of those that are on, without any of their settings", async () => {
  const id = await world.addProvider({ name: "The company" });
  const off = await world.addProvider({ enabled: false });
  const { providers } = await world.hub.client().call(operations.listSignInProviders);
  expect(providers).toContainEqual({ id, name: "The company", kind: "oidc" });
  expect(providers.map((provider) => provider.id)).not.toContain(off);
  expect(await world.come(off, newAccount())).toMatchObject({ user: undefined, problem: "provider_not_found" });
});

test("whoever comes back to a provider that was turned off meanwhile is not signed in", async () => {
  const id = await world.addProvider({ allowed_domains: ["example.org"] });
  const account = newAccount();
  expect((await world.come(id, account)).user).toBeDefined();
  await admin.call(operations.updateOauthProvider, { params: { provider: id }, body: { enabled: false } });
  expect(await world.come(id, account)).toMatchObject({ user: undefined, problem: "provider_not_found" });
});

test("removing a provider unlinks everybody; another one of its name knows nobody of them", async () => {
  const id = await world.addProvider({ allowed_domains: ["example.org"] });
  const account = newAccount();
  await world.come(id, account);
  const { providers } = await admin.call(operations.listOauthProviders);
  expect(providers.find((provider) => provider.id === id)?.identities).toBe(1);
  expect(await admin.call(operations.deleteOauthProvider, { params: { provider: id } })).toMatchObject({ unlinked: 1 });
  const { issuer, clientId: client_id, clientSecret: client_secret } = world.oidc;
  await admin.call(operations.createOauthProvider, { body: { id, kind: "oidc", issuer, client_id, client_secret } });
  expect(await world.come(id, account)).toMatchObject({ user: undefined, problem: "not_invited" });
});

test.each([
  ["http", { issuer: "http://login.example.org" }],
  ["a query", { issuer: "https://login.example.org/?a=b" }],
  ["a user", { issuer: "https://ada@login.example.org" }],
  ["no issuer", { issuer: undefined }],
  ["a strange id", { id: "../x" }],
  ["a strange domain", { allowed_domains: ["example"] }],
  ["an empty secret", { client_secret: " " }],
])("%s is refused", async (_, wrong) => {
  const body = { ...KEYCLOAK, id: "wrong", ...wrong } as typeof KEYCLOAK;
  expect(await refusalCode(admin.call(operations.createOauthProvider, { body }))).toBe("invalid_request");
});

test("an id is given once; Google and GitHub need no issuer", async () => {
  const create = (body: object) => admin.call(operations.createOauthProvider, { body: body as typeof KEYCLOAK });
  const { client_id, client_secret } = KEYCLOAK;
  const google = await create({ id: "google", kind: "google", client_id, client_secret });
  expect(google).toMatchObject({ name: "Google", issuer: "https://accounts.google.com" });
  const github = await create({ id: "github", kind: "github", client_id, client_secret });
  expect(github).toMatchObject({ name: "GitHub", issuer: "https://github.com" });
  expect(await refusalCode(create({ id: "google", kind: "google", client_id, client_secret }))).toBe("provider_taken");
});

test("Google answers for its own addresses and for those of organisations that it hosts, not for others'", async () => {
  const google = await world.addProvider({ kind: "google", allowed_domains: ["example.org", "gmail.com"] });
  const checkedOnce = newAccount();
  expect(await world.come(google, checkedOnce)).toMatchObject({ user: undefined, problem: "email_unverified" });
  expect((await world.come(google, { ...checkedOnce, hd: "example.org" })).user).toBeDefined();
  expect((await world.come(google, newAccount({ email: "bea@gmail.com" }))).user).toBeDefined();
});

test("what the environment sets comes first, and is changed only there", async () => {
  const { issuer, clientId, clientSecret } = world.oidc;
  const environment = {
    OAUTH_OIDC_ISSUER: issuer,
    OAUTH_OIDC_CLIENT_ID: clientId,
    OAUTH_OIDC_CLIENT_SECRET: clientSecret,
    OAUTH_OIDC_NAME: "The company",
  };
  const { oauthProviders } = readConfig(environment);
  await using hub = await startTestHub({ config: { oauthProviders } });
  // Set up in the hub before the environment had one of its id.
  await hub.database.sql.query(
    `insert into hub.oauth_providers (id, kind, name, issuer, client_id, client_secret_sealed, allowed_domains)
     values ('oidc', 'oidc', 'The old one', 'https://old.example', 'hub', 'v1.gone.AAAA', '{}')`,
  );
  const client = await hub.admin();
  const { providers } = await client.call(operations.listOauthProviders);
  expect(providers).toMatchObject([{ id: "oidc", name: "The company", issuer, source: "environment", fault: null }]);
  const params = { provider: "oidc" };
  const change = client.call(operations.updateOauthProvider, { params, body: { enabled: false } });
  expect(await refusalCode(change)).toBe("provider_fixed");
  expect(await refusalCode(client.call(operations.deleteOauthProvider, { params }))).toBe("provider_fixed");
  const body = { ...KEYCLOAK, id: "oidc" };
  expect(await refusalCode(client.call(operations.createOauthProvider, { body }))).toBe("provider_taken");
  const start = await hub.fetch("/api/v1/auth/oauth/oidc/start", { redirect: "manual" });
  expect(start.headers.get("location")).toContain(`${issuer}/auth?`);
});

test("a new first key takes over at the next start; without the old one a secret that was left behind is named", async () => {
  await using hub = await startTestHub();
  await (await hub.admin()).call(operations.createOauthProvider, { body: KEYCLOAK });
  const sealedWith = async () => {
    const [row] = await hub.database.sql.query<{ key: string }>(
      "select split_part(client_secret_sealed, '.', 2) as key from hub.oauth_providers where id = 'keycloak'",
    );
    return row?.key;
  };
  const file = path.join(hub.home, "secret-keys.json");
  const [old] = JSON.parse(await readFile(file, "utf8"));
  expect(await sealedWith()).toBe(old.id);
  const fresh = { id: "next", key: randomBytes(32).toString("base64url") };

  await hub.stop();
  await writeFile(file, JSON.stringify([fresh, old]));
  await hub.start();
  await until(async () => (await sealedWith()) === "next");

  await hub.stop();
  await writeFile(file, JSON.stringify([fresh]));
  await hub.start();
  const view = async () => {
    const { providers } = await hub.client(await hub.adminHeaders()).call(operations.listOauthProviders);
    return providers.find(({ id }) => id === "keycloak");
  };
  expect((await view())?.fault).toBeNull();

  await hub.stop();
  await writeFile(file, JSON.stringify([old]));
  await hub.start();
  expect((await view())?.fault).toContain("The key next that this was sealed with is not among the hub's secret keys");
  expect((await hub.fetch("/api/v1/auth/oauth/keycloak/start", { redirect: "manual" })).headers.get("location")).toBe(
    "/login?problem=provider_unavailable",
  );
  await until(() => hub.logged.some(({ provider }) => provider === "keycloak"));
});
