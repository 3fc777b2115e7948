import { randomUUID } from "node:crypto";
import { createOauthProvider } from "@orchestratia/protocol/operations/oauth";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type OidcServer, startOidcServer } from "../testing/oidc-server.ts";
import { TestBrowser } from "../testing/test-browser.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";

const HOST = "127.0.0.1";

let hub: TestHub;
let oidc: OidcServer;
let browser: TestBrowser;
beforeAll(async () => {
  hub = await startTestHub();
  await hub.admin();
  oidc = await startOidcServer({ redirectUris: [`${hub.url}/api/v1/auth/oauth/idp/callback`] });
  const { issuer, clientId: client_id, clientSecret: client_secret } = oidc;
  const body = { id: "idp", kind: "oidc", name: "The company", issuer, client_id, client_secret } as const;
  await (await hub.admin()).call(createOauthProvider, { body: { ...body, allowed_domains: ["example.org"] } });
});
afterAll(async () => {
  await oidc[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
});
beforeEach(() => {
  browser = new TestBrowser();
  oidc.isCancelling = false;
  oidc.isForging = false;
  oidc.account = account();
});

const account = () => ({ sub: randomUUID(), email: `${randomUUID()}@example.org`, email_verified: true, name: "Ada" });
const start = (query = "") => `${hub.url}/api/v1/auth/oauth/idp/start${query}`;
const isCallback = (url: URL) => url.pathname.endsWith("/callback");
const isAtProvider = (url: URL) => url.origin === oidc.issuer;

/** Who the browser has signed in as. */
async function me(): Promise<string | undefined> {
  const response = await browser.fetch(new URL("/api/v1/auth/me", hub.url));
  return response.ok ? ((await response.json()) as { user: { email: string } }).user.email : undefined;
}

test("a browser goes to the provider and comes back signed in, to the page it wanted", async () => {
  const { url } = await browser.visit(start(`?next=${encodeURIComponent("/projects/APP?tab=tasks")}`));
  expect(url.href).toBe(`${hub.url}/projects/APP?tab=tasks`);
  expect(await me()).toBe(oidc.account.email);
  expect(browser.cookies(HOST, /_flow$/)).toEqual({});
});

test("the way there asks for a proof key and a nonce, and tells nobody the secret", async () => {
  const { url } = await browser.visit(start(), isAtProvider);
  const asked = Object.fromEntries(url.searchParams);
  expect(asked).toMatchObject({
    response_type: "code",
    client_id: oidc.clientId,
    code_challenge_method: "S256",
    redirect_uri: `${hub.url}/api/v1/auth/oauth/idp/callback`,
  });
  for (const name of ["state", "nonce", "code_challenge"]) expect(asked[name]?.length, name).toBeGreaterThan(40);
  expect(url.href).not.toContain(oidc.clientSecret);
});

test("the cookie of the way there is for its addresses only, out of reach of scripts, and tells nothing", async () => {
  const response = await fetch(start(), { redirect: "manual" });
  const [line = ""] = response.headers.getSetCookie();
  expect(line).toMatch(/^orc_[^=]+_flow=v1\.[^;]+; Max-Age=600; Path=\/api\/v1\/auth\/oauth; HttpOnly; SameSite=Lax$/);
  const state = new URL(response.headers.get("location") ?? "").searchParams.get("state") ?? "";
  expect(line).not.toContain(state);
  expect(response.headers.get("cache-control")).toBe("no-store");
});

/** The address with which the provider sends the browser back, not followed. */
const callback = async (change: (url: URL) => void = () => {}): Promise<URL> => {
  const { url } = await browser.visit(start(), isCallback);
  change(url);
  return url;
};

const problemOf = (url: URL) => (url.pathname === "/login" ? url.searchParams.get("problem") : undefined);

async function refusedWith(address: URL | string): Promise<string | null | undefined> {
  const { url, text } = await browser.visit(address);
  expect(url.origin).toBe(hub.url);
  expect(text).not.toContain(oidc.clientSecret);
  expect(await me()).toBeUndefined();
  return problemOf(url);
}

test("an answer with another state is not this browser's, and its own still counts", async () => {
  const own = await callback();
  const other = new URL(own);
  other.searchParams.set("state", "x".repeat(43));
  expect(await refusedWith(other)).toBe("oauth_expired");
  other.searchParams.delete("state");
  expect(await refusedWith(other)).toBe("oauth_expired");
  await browser.visit(own);
  expect(await me()).toBe(oidc.account.email);
});

test("somebody else's answer signs nobody in: the cookie of the way there is missing", async () => {
  const foreign = await callback();
  browser = new TestBrowser();
  expect(await refusedWith(foreign)).toBe("oauth_expired");
});

test("a cookie that was changed is none", async () => {
  const own = await callback();
  const [[name, value] = ["", ""]] = Object.entries(browser.cookies(HOST, /_flow$/));
  browser.setCookie(HOST, name, `${value.slice(0, -2)}AA`, "/api/v1/auth/oauth");
  expect(await refusedWith(own)).toBe("oauth_expired");
});

test("a code serves once: the same answer with the same cookie is refused by the provider", async () => {
  const own = await callback();
  const [[name, value] = ["", ""]] = Object.entries(browser.cookies(HOST, /_flow$/));
  await browser.visit(own);
  expect(await me()).toBe(oidc.account.email);
  browser = new TestBrowser();
  browser.setCookie(HOST, name, value, "/api/v1/auth/oauth");
  expect(await refusedWith(own)).toBe("oauth_failed");
});

test("a code that was issued for another proof key is refused", async () => {
  const { url } = await browser.visit(start(), isAtProvider);
  url.searchParams.set("code_challenge", "x".repeat(43));
  expect(await refusedWith(url)).toBe("oauth_failed");
});

test("a token with another nonce is refused", async () => {
  const { url } = await browser.visit(start(), isAtProvider);
  url.searchParams.set("nonce", "another");
  expect(await refusedWith(url)).toBe("oauth_failed");
  expect(hub.logged.some(({ reason }) => String(reason).includes("unexpected JWT claim"))).toBe(true);
});

test("a token whose signature is not the provider's is refused", async () => {
  oidc.isForging = true;
  expect(await refusedWith(start())).toBe("oauth_failed");
  expect(hub.logged.some(({ reason }) => String(reason).includes("signature"))).toBe(true);
});

test("an answer that names another issuer is refused before its code is sent anywhere", async () => {
  const own = await callback((url) => url.searchParams.set("iss", "https://elsewhere.example"));
  expect(await refusedWith(own)).toBe("oauth_failed");
});

test("who cancels at the provider is told so", async () => {
  oidc.isCancelling = true;
  expect(await refusedWith(start())).toBe("oauth_cancelled");
});

test("what goes wrong leads back to the sign-in page, which still knows where to", async () => {
  oidc.account = { ...oidc.account, email_verified: false };
  const { url } = await browser.visit(start("?next=/projects/APP"));
  expect(`${url.pathname}${url.search}`).toBe("/login?next=%2Fprojects%2FAPP&problem=email_unverified");
});

test.each([["https://elsewhere.example/"], ["//elsewhere.example/"], ["/\\elsewhere.example"]])(
  "a link cannot send people from here to %s",
  async (next) => {
    const { url } = await browser.visit(start(`?next=${encodeURIComponent(next)}`));
    expect(url.href).toBe(`${hub.url}/`);
  },
);

test("a provider that nobody knows, a strange query and too many requests lead to the sign-in page as well", async () => {
  const path = "/api/v1/auth/oauth";
  for (const [address, problem] of [
    [`${path}/nobody/start`, "provider_not_found"],
    [`${path}/%00/start`, "nul_character"],
    [`${path}/idp/start?next=${"x".repeat(600)}`, "invalid_request"],
    [`${path}/nobody/callback?code=1&state=2`, "oauth_expired"],
    [`${path}/idp/callback?code=1&code=2`, "invalid_request"],
  ]) {
    const response = await fetch(hub.url + address, { redirect: "manual" });
    expect(response.headers.get("location"), address).toBe(`/login?problem=${problem}`);
    expect(response.status).toBe(302);
  }
  await using busy = await startTestHub({ config: { requestRates: { perAddress: 1, perCaller: 100 } } });
  const knock = () => busy.fetch(`${path}/nobody/start`, { redirect: "manual" });
  await knock();
  expect((await knock()).headers.get("location")).toBe("/login?problem=too_many_requests");
});

test("a provider that is out of reach is said to be so, and is asked again the next time", async () => {
  const issuer = oidc.issuer.replace(/\d+$/, "1");
  const body = { id: "gone", kind: "oidc", issuer, client_id: "hub", client_secret: "a secret" } as const;
  await (await hub.admin()).call(createOauthProvider, { body });
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const { url } = await browser.visit(start().replace("/idp/", "/gone/"));
    expect(problemOf(url)).toBe("provider_unavailable");
  }
});

test.each([
  { claimsInToken: true, tokenAuthentication: "client_secret_basic" },
  { claimsInToken: true, tokenAuthentication: "client_secret_post" },
  { claimsInToken: false, tokenAuthentication: "client_secret_post" },
] as const)("it works with %o, too", async (options) => {
  const id = `idp-${randomUUID().slice(0, 8)}`;
  await using other = await startOidcServer({
    ...options,
    redirectUris: [`${hub.url}/api/v1/auth/oauth/${id}/callback`],
  });
  const { issuer, clientId: client_id, clientSecret: client_secret } = other;
  const body = { id, kind: "oidc" as const, issuer, client_id, client_secret, allowed_domains: ["example.org"] };
  await (await hub.admin()).call(createOauthProvider, { body });
  other.account = account();
  await browser.visit(start().replace("/idp/", `/${id}/`));
  expect(await me()).toBe(other.account.email);
});
