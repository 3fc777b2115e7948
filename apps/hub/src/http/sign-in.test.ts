import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { createProject, me, signIn, signOut } from "@orchestratia/protocol/operations/people";
import jwt from "jsonwebtoken";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ADMIN, startTestHub, type TestHub } from "../testing/test-hub.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
  await hub.admin();
});
afterAll(() => hub[Symbol.asyncDispose]());

interface Browser {
  cookie: string;
  csrf: string;
  setCookie: string;
}

async function signInAsBrowser(): Promise<Browser> {
  const response = await hub.fetch(signIn.path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: ADMIN.email, password: ADMIN.password }),
  });
  const { csrf_token: csrf } = (await response.json()) as { csrf_token: string };
  const setCookie = response.headers.get("set-cookie") ?? "";
  return { cookie: setCookie.split(";")[0] ?? "", csrf, setCookie };
}

let made = 0;

function create(headers: Record<string, string>): Promise<Response> {
  made += 1;
  return hub.fetch(createProject.path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ key: `MADE${made}`, name: "Made" }),
  });
}

const codeOf = async (response: Response) => ((await response.json()) as { type: string }).type.split(":").at(-1);

test("the cookie is httpOnly, same-site, and named after the instance", async () => {
  const { setCookie } = await signInAsBrowser();
  const [row] = await hub.database.sql.query<{ instance_id: string }>("select instance_id from hub.instance");
  expect(setCookie).toMatch(new RegExp(`^orc_${row?.instance_id}=`));
  expect(setCookie).toMatch(/; HttpOnly/);
  expect(setCookie).toMatch(/; SameSite=Lax/);
  expect(setCookie).not.toMatch(/; Secure/);
});

test("a cookie reads by itself and writes only from the hub's own page with the sign-in's token", async () => {
  const { cookie, csrf } = await signInAsBrowser();
  expect((await hub.fetch(me.path, { headers: { cookie } })).status).toBe(200);
  const port = new URL(hub.url).port;
  const own = { cookie, "x-csrf-token": csrf, origin: hub.url };
  const other = await signInAsBrowser();

  expect(await codeOf(await create({ cookie }))).toBe("csrf_failed");
  expect(await codeOf(await create({ cookie, "x-csrf-token": csrf }))).toBe("csrf_failed");
  expect(await codeOf(await create({ cookie, origin: hub.url }))).toBe("csrf_failed");
  expect(await codeOf(await create({ ...own, "x-csrf-token": other.csrf }))).toBe("csrf_failed");
  expect(await codeOf(await create({ ...own, origin: "http://evil.example" }))).toBe("csrf_failed");
  expect(await codeOf(await create({ ...own, origin: `http://127.0.0.1.evil.example:${port}` }))).toBe("csrf_failed");
  expect(await codeOf(await create({ ...own, origin: "null" }))).toBe("csrf_failed");
  expect(await codeOf(await create({ ...own, origin: "http://localhost:1" }))).toBe("csrf_failed");
  expect((await create(own)).status).toBe(201);
});

test("the page may be reached as localhost, but not by a foreign name that leads here", async () => {
  const { cookie, csrf } = await signInAsBrowser();
  const port = Number(new URL(hub.url).port);
  const from = async (host: string) => {
    return new Promise<number>((resolve, reject) => {
      made += 1;
      const body = JSON.stringify({ key: `MADE${made}`, name: "Made" });
      const sent = request(
        {
          port,
          host: "127.0.0.1",
          method: "POST",
          path: createProject.path,
          headers: { host, origin: `http://${host}`, cookie, "x-csrf-token": csrf, "content-type": "application/json" },
        },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      sent.on("error", reject).end(body);
    });
  };
  expect(await from(`localhost:${port}`)).toBe(201);
  expect(await from(`[::1]:${port}`)).toBe(201);
  expect(await from(`rebound.example:${port}`)).toBe(403);
});

test("a Bearer token needs neither cookie nor page", async () => {
  const token = await readFile(`${hub.home}/local-token`, "utf8");
  expect((await create({ authorization: `Bearer ${token}` })).status).toBe(201);
  expect(await codeOf(await create({ authorization: "Bearer nonsense" }))).toBe("unauthenticated");
  expect(await codeOf(await create({ authorization: `Basic ${token}` }))).toBe("unauthenticated");
  expect(await codeOf(await create({}))).toBe("unauthenticated");
});

test("signing out ends the sign-in everywhere at once", async () => {
  const { cookie, csrf } = await signInAsBrowser();
  const bearer = { authorization: `Bearer ${cookie.split("=")[1]}` };
  expect((await hub.fetch(me.path, { headers: bearer })).status).toBe(200);
  const headers = { cookie, "x-csrf-token": csrf, origin: hub.url };
  const out = await hub.fetch(signOut.path, { method: "POST", headers });
  expect(await out.json()).toEqual({ ok: true });
  expect(out.headers.get("set-cookie")).toMatch(/=;.*Expires=Thu, 01 Jan 1970/);
  expect((await hub.fetch(me.path, { headers: { cookie } })).status).toBe(401);
  expect((await hub.fetch(me.path, { headers: bearer })).status).toBe(401);
});

test("a token signed with another secret, or for another hub, opens nothing", async () => {
  const { cookie } = await signInAsBrowser();
  const claims = jwt.decode(cookie.split("=")[1] ?? "") as Record<string, unknown>;
  const { jwt_secret } = JSON.parse(await readFile(`${hub.home}/secrets.json`, "utf8")) as { jwt_secret: string };
  const knock = async (token: string) =>
    (await hub.fetch(me.path, { headers: { authorization: `Bearer ${token}` } })).status;
  expect(await knock(jwt.sign(claims, jwt_secret))).toBe(200);
  expect(await knock(jwt.sign(claims, "another secret"))).toBe(401);
  expect(await knock(jwt.sign({ ...claims, iss: "orchestratia:other" }, jwt_secret))).toBe(401);
  expect(await knock(jwt.sign({ ...claims, exp: 1 }, jwt_secret))).toBe(401);
  expect(await knock(jwt.sign(claims, "", { algorithm: "none" }))).toBe(401);
});

test("each door takes its own keys only", async () => {
  const project = await hub.project();
  const { key } = await hub.registerServer(project);
  const token = await readFile(`${hub.home}/local-token`, "utf8");
  const status = async (path: string, headers: Record<string, string>, method = "GET") =>
    (await hub.fetch(path, { method, headers })).status;
  expect(await status("/api/v1/projects", { authorization: `Bearer ${key}` })).toBe(403);
  expect(await status("/api/v1/projects", { "x-api-key": key })).toBe(401);
  expect(await status("/api/v1/server/servers", { "x-api-key": key })).toBe(200);
  expect(await status("/api/v1/server/servers", { "x-api-key": token })).toBe(403);
  expect(await status("/api/v1/server/servers", { "x-api-key": `${key}x` })).toBe(401);
  expect(await status("/api/v1/server/servers", { "x-api-key": "" })).toBe(401);
  expect(await status("/api/v1/servers/heartbeat", { "x-api-key": "orcs_none" }, "POST")).toBe(401);
});

test("no secret reaches the log", async () => {
  const { cookie, csrf } = await signInAsBrowser();
  await hub.fetch("/api/v1/nowhere?token=secret-in-query", { headers: { cookie, "x-api-key": "orc_secret_key" } });
  await create({ cookie, "x-csrf-token": `${csrf}-wrong`, origin: hub.url });
  const log = JSON.stringify(hub.logged);
  for (const secret of [cookie.split("=")[1] ?? "", csrf, "secret-in-query", "orc_secret_key", ADMIN.password]) {
    expect(log).not.toContain(secret);
  }
});
