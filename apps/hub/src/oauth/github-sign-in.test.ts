import { randomUUID } from "node:crypto";
import { createOauthProvider, updateOauthProvider } from "@orchestratia/protocol/operations/oauth";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type GithubServer, startGithubServer } from "../testing/github-server.ts";
import { meOf } from "../testing/oauth-world.ts";
import { TestBrowser } from "../testing/test-browser.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";

let hub: TestHub;
let github: GithubServer;
let browser: TestBrowser;
beforeAll(async () => {
  hub = await startTestHub();
  github = await startGithubServer(`${hub.url}/api/v1/auth/oauth/github/callback`);
  const { url: issuer, clientId: client_id, clientSecret: client_secret } = github;
  await (await hub.admin()).call(createOauthProvider, {
    body: { id: "github", kind: "github", issuer, client_id, client_secret, allowed_domains: ["example.org"] },
  });
});
afterAll(async () => {
  await github[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});
beforeEach(() => {
  browser = new TestBrowser();
  github.account = account();
});

let lastId = 1000;
function account(about: { primary?: string; verified?: boolean; name?: string | null } = {}) {
  const { primary = `${randomUUID()}@example.org`, verified = true, name = "Bea" } = about;
  lastId += 1;
  return {
    id: lastId,
    login: `bea-${lastId}`,
    name,
    emails: [
      { email: `${lastId}+bea@users.noreply.github.com`, primary: false, verified: true, visibility: null },
      { email: primary, primary: true, verified, visibility: "private" },
      { email: `${randomUUID()}@example.org`, primary: false, verified: true, visibility: null },
    ],
  };
}

const start = () => browser.visit(`${hub.url}/api/v1/auth/oauth/github/start?next=/projects`);
const user = async () => (await meOf(hub, browser))?.user;
const primary = () => github.account.emails.find((email) => email.primary)?.email;

test("whoever comes from GitHub has the primary address of their account there", async () => {
  const { url } = await start();
  expect(url.href).toBe(`${hub.url}/projects`);
  expect(await user()).toMatchObject({ email: primary(), name: "Bea", role: "viewer" });
});

test("somebody is known by their number, also when login, name and address have changed", async () => {
  await start();
  const before = await user();
  github.account = { ...account({ name: "Other" }), id: github.account.id };
  browser = new TestBrowser();
  await start();
  expect(await user()).toEqual(before);
});

test("another account that has taken over the login is somebody else", async () => {
  await start();
  const before = await user();
  github.account = { ...account(), login: github.account.login };
  browser = new TestBrowser();
  await start();
  expect((await user())?.id).not.toBe(before?.id);
});

test("without a name they are called by their login", async () => {
  github.account = account({ name: null });
  await start();
  expect(await user()).toMatchObject({ name: github.account.login });
});

test("only the primary address counts: verified ones besides it do not stand in for it", async () => {
  github.account = account({ verified: false });
  expect((await start()).url.search).toBe("?next=%2Fprojects&problem=email_unverified");
  github.account = account({ primary: `${randomUUID()}@elsewhere.example` });
  expect((await start()).url.search).toBe("?next=%2Fprojects&problem=not_invited");
  expect(await user()).toBeUndefined();
});

test("an error that GitHub sends with status 200 is one: a proof key that does not fit, a code that was used", async () => {
  const isCallback = (url: URL) => url.pathname.endsWith("/callback");
  const begin = `${hub.url}/api/v1/auth/oauth/github/start`;
  const { url: authorize } = await browser.visit(begin, (url) => url.origin === github.url);
  authorize.searchParams.set("code_challenge", "x".repeat(43));
  expect((await browser.visit(authorize)).url.search).toBe("?problem=oauth_failed");

  const { url: callback } = await browser.visit(begin, isCallback);
  const [[name, value] = ["", ""]] = Object.entries(browser.cookies("127.0.0.1", /_flow$/));
  await browser.visit(callback);
  expect(await user()).toBeDefined();
  browser = new TestBrowser();
  browser.setCookie("127.0.0.1", name, value);
  expect((await browser.visit(callback)).url.search).toBe("?problem=oauth_failed");
  expect(await user()).toBeUndefined();
});

test("an answer in the name of another issuer is refused", async () => {
  const { url } = await browser.visit(`${hub.url}/api/v1/auth/oauth/github/start`, ({ pathname }) =>
    pathname.endsWith("/callback"),
  );
  expect(url.searchParams.get("iss")).toBe(`${github.url}/login/oauth`);
  url.searchParams.set("iss", "https://github.com/login/oauth");
  expect((await browser.visit(url)).url.search).toBe("?problem=oauth_failed");
});

test("a wrong client secret is refused by GitHub, and is in no log line; the right one helps at once", async () => {
  const admin = await hub.admin();
  const params = { provider: "github" };
  await admin.call(updateOauthProvider, { params, body: { client_secret: "a wrong secret" } });
  expect((await start()).url.search).toBe("?next=%2Fprojects&problem=oauth_failed");
  await admin.call(updateOauthProvider, { params, body: { client_secret: github.clientSecret } });
  await start();
  expect(await user()).toMatchObject({ email: primary() });
  const log = JSON.stringify(hub.logged);
  expect(log).toContain("a sign-in with a provider failed");
  for (const secret of ["a wrong secret", github.clientSecret, "gho_"]) expect(log).not.toContain(secret);
});
