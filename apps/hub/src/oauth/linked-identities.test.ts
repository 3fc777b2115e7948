import { randomUUID } from "node:crypto";
import type { LinkedIdentity } from "@orchestratia/protocol/oauth";
import { afterAll, beforeAll, expect, test } from "vitest";
import { meOf, newAccount, type OauthWorld, openOauthWorld, PASSWORD } from "../testing/oauth-world.ts";
import { raceAt } from "../testing/race-at.ts";
import { TestBrowser } from "../testing/test-browser.ts";

let world: OauthWorld;
let strict: string;
let open: string;
beforeAll(async () => {
  world = await openOauthWorld();
  strict = await world.addProvider({ name: "The company" });
  open = await world.addProvider({ allowed_domains: ["example.org"] });
});
afterAll(() => world[Symbol.asyncDispose]());

/** Calls an operation as whoever has signed in with the browser. */
async function call(browser: TestBrowser, method: string, path: string) {
  const { csrf_token = "" } = (await meOf(world.hub, browser)) ?? {};
  const response = await browser.fetch(new URL(`/api/v1/auth${path}`, world.hub.url), {
    method,
    headers: { origin: world.hub.url, "x-csrf-token": csrf_token },
  });
  const answer = (await response.json()) as Record<string, unknown>;
  return { status: response.status, answer, code: String(answer.type).split(":").at(-1) };
}

const identitiesOf = async (browser: TestBrowser) =>
  (await call(browser, "GET", "/identities")).answer.identities as LinkedIdentity[];

/** Somebody who has signed in with their password. */
async function withPassword(): Promise<{ browser: TestBrowser; id: string; email: string }> {
  const user = await world.addUser();
  const browser = new TestBrowser();
  await browser.fetch(new URL("/api/v1/auth/login", world.hub.url), {
    method: "POST",
    headers: { "content-type": "application/json", origin: world.hub.url },
    body: JSON.stringify({ email: user.email, password: PASSWORD }),
  });
  return { ...user, browser };
}

test("whoever has signed in links an account, whatever address it has, and signs in with it from then on", async () => {
  const { browser, id, email } = await withPassword();
  const account = newAccount({ email: "private@elsewhere.example", email_verified: false });
  const { url } = await world.link(browser, strict, account);
  expect(url.href).toBe(`${world.hub.url}/account`);
  expect((await world.come(strict, { sub: account.sub })).user).toMatchObject({ id, email });
  expect(await identitiesOf(browser)).toEqual([
    {
      id: expect.any(String),
      provider: strict,
      provider_name: "The company",
      email: "private@elsewhere.example",
      created_at: expect.any(String),
      last_used_at: expect.any(String),
    },
  ]);
  const facts = await world.hub.database.sql.query(
    "select details, actor->>'id' as by from activity_log where event_type = 'user.identity_linked' and details->>'user_id' = $1",
    [id],
  );
  expect(facts).toEqual([{ details: { user_id: id, email, provider: strict }, by: id }]);
});

test("linking the same one again changes nothing; one that is somebody else's is refused, and stays theirs", async () => {
  const [bea, cem] = [await withPassword(), await withPassword()];
  const account = newAccount();
  for (let time = 0; time < 2; time += 1) {
    expect((await world.link(bea.browser, strict, account)).url.search).toBe("");
  }
  expect(await identitiesOf(bea.browser)).toHaveLength(1);
  const { url } = await world.link(cem.browser, strict, account);
  expect(url.href).toBe(`${world.hub.url}/account?problem=identity_taken`);
  expect(await identitiesOf(cem.browser)).toEqual([]);
  expect((await world.come(strict, account)).user).toMatchObject({ id: bea.id });
});

test("an address that would link another account does not, when somebody has signed in and links it", async () => {
  const trusted = await world.addProvider({ link_verified_email: true });
  const [bea, cem] = [await withPassword(), await withPassword()];
  await world.link(bea.browser, trusted, newAccount({ sub: "shared", email: cem.email }));
  expect((await world.come(trusted, newAccount({ sub: "shared", email: cem.email }))).user).toMatchObject({
    id: bea.id,
  });
});

test("another website cannot begin it: it takes the page's own token, and cannot be begun by a link", async () => {
  const { browser } = await withPassword();
  const path = `/api/v1/auth/oauth/${strict}/link`;
  const response = await browser.fetch(new URL(path, world.hub.url), {
    method: "POST",
    headers: { "content-type": "application/json", origin: "https://elsewhere.example" },
    body: "{}",
  });
  expect(response.status).toBe(403);
  expect(browser.cookies("127.0.0.1", /_flow$/)).toEqual({});
  const got = await browser.fetch(new URL(path, world.hub.url));
  expect(got.status).toBe(404);
});

test("whoever signs out on the way, or signs in as somebody else, links nothing", async () => {
  const account = newAccount();
  world.oidc.account = account;
  const [bea, cem] = [await withPassword(), await withPassword()];
  const begin = async () => {
    const { csrf_token = "" } = (await meOf(world.hub, bea.browser)) ?? {};
    const response = await bea.browser.fetch(new URL(`/api/v1/auth/oauth/${strict}/link`, world.hub.url), {
      method: "POST",
      headers: { "content-type": "application/json", origin: world.hub.url, "x-csrf-token": csrf_token },
      body: "{}",
    });
    return ((await response.json()) as { location: string }).location;
  };
  const forCem = await begin();
  for (const [name, value] of Object.entries(cem.browser.cookies("127.0.0.1", /^orc_/))) {
    bea.browser.setCookie("127.0.0.1", name, value);
  }
  expect((await bea.browser.visit(forCem)).url.search).toBe("?problem=unauthenticated");
  const forNobody = await begin();
  await call(bea.browser, "POST", "/logout");
  expect((await bea.browser.visit(forNobody)).url.search).toBe("?problem=unauthenticated");
  expect(await world.come(strict, account)).toMatchObject({ user: undefined, problem: "not_invited" });
});

test("a link is taken away again, and with it the way in; it is recorded", async () => {
  const { browser, id, email } = await withPassword();
  const account = newAccount();
  await world.link(browser, strict, account);
  const [identity] = await identitiesOf(browser);
  expect(await call(browser, "DELETE", `/identities/${identity?.id}`)).toMatchObject({ status: 200, answer: identity });
  expect(await identitiesOf(browser)).toEqual([]);
  expect(await world.come(strict, account)).toMatchObject({ user: undefined, problem: "not_invited" });
  const [fact] = await world.hub.database.sql.query(
    "select details from activity_log where event_type = 'user.identity_unlinked' and actor->>'id' = $1",
    [id],
  );
  expect(fact).toEqual({ details: { user_id: id, email, provider: strict } });
});

test("the last way to sign in stays; one at a provider that is off is none", async () => {
  const { browser } = await world.come(open, newAccount());
  const [first] = await identitiesOf(browser);
  const refused = await call(browser, "DELETE", `/identities/${first?.id}`);
  expect(refused).toMatchObject({ status: 409, code: "last_way_in" });
  const off = await world.addProvider();
  await world.link(browser, off, newAccount());
  await world.hub.database.sql.query("update hub.oauth_providers set enabled = false where id = $1", [off]);
  expect(await call(browser, "DELETE", `/identities/${first?.id}`)).toMatchObject({ code: "last_way_in" });
  await world.hub.database.sql.query("update hub.oauth_providers set enabled = true where id = $1", [off]);
  expect(await call(browser, "DELETE", `/identities/${first?.id}`)).toMatchObject({ status: 200 });
});

test("of two links that are taken away at once one stays", async () => {
  const { browser, user } = await world.come(open, newAccount());
  await world.link(browser, strict, newAccount());
  const ids = (await identitiesOf(browser)).map(({ id }) => id);
  expect(ids).toHaveLength(2);
  const outcomes = await raceAt(
    world.hub.database,
    `select from admin_users where id = '${user?.id}' for update`,
    ids.map((id) => () => call(browser, "DELETE", `/identities/${id}`)),
  );
  const statuses = outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value.status : outcome.reason));
  expect(statuses.sort()).toEqual([200, 409]);
  expect(await identitiesOf(browser)).toHaveLength(1);
});

test("nobody takes away what is somebody else's", async () => {
  const [bea, cem] = [await withPassword(), await withPassword()];
  await world.link(bea.browser, strict, newAccount());
  const [identity] = await identitiesOf(bea.browser);
  for (const id of [identity?.id, randomUUID()]) {
    expect(await call(cem.browser, "DELETE", `/identities/${id}`)).toMatchObject({ code: "identity_not_found" });
  }
  expect(await identitiesOf(bea.browser)).toHaveLength(1);
});
