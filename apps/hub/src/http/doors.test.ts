import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { registerServer } from "@orchestratia/protocol/operations/daemons";
import { acceptInvitation, joinByInvitation, viewInvitation } from "@orchestratia/protocol/operations/invitations";
import { resetPassword, viewPasswordReset } from "@orchestratia/protocol/operations/password-resets";
import { createProject, setupState, signIn, updateProject } from "@orchestratia/protocol/operations/people";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { addPerson, bearing } from "../testing/matrix-world.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

interface Asked {
  method?: string;
  headers?: Record<string, string>;
}

/** `fetch` would say the true name. */
function askAs(host: string, path: string, { method = "GET", headers = {} }: Asked = {}, asked = hub) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const { port } = asked.hub.app.server.address() as AddressInfo;
    const sent = request({ port, host: "127.0.0.1", method, path, headers: { host, ...headers } }, (response) => {
      let text = "";
      response.on("data", (piece) => {
        text += piece;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.on("error", reject).end();
  });
}

const REBOUND = "rebound.example";

test("a foreign name that was made to point here opens neither the pages nor the public door", async () => {
  for (const path of ["/", "/sign-in", setupState.path, "/api/openapi.json", "/api/v1/projects"]) {
    const { status, text } = await askAs(REBOUND, path);
    expect(status, path).toBe(403);
    expect(JSON.parse(text)).toMatchObject({ type: expect.stringMatching(/host_not_allowed$/) });
    expect(text).toContain("PUBLIC_URL");
  }
  const junk = { authorization: "Bearer junk", "x-api-key": "junk" };
  expect((await askAs(REBOUND, setupState.path, { headers: junk })).status).toBe(403);
  expect((await askAs(REBOUND, signIn.path, { method: "POST", headers: junk })).status).toBe(403);
});

test("the machine's own names and addresses do, with any port", async () => {
  for (const host of ["localhost", "localhost:1", "127.0.0.1:80", "[::1]:8000", "192.0.2.7", "app.localhost"]) {
    expect((await askAs(host, setupState.path)).status, host).toBe(200);
  }
  for (const host of ["localhost.example", "127.0.0.1.example", "xlocalhost", "evil.example:127.0.0.1"]) {
    expect((await askAs(host, setupState.path)).status, host).not.toBe(200);
  }
});

test("the name of PUBLIC_URL does, in any case", async () => {
  await using named = await startTestHub({ config: { publicUrl: "https://hub.example.org" } });
  expect((await askAs("HUB.example.org", setupState.path, {}, named)).status).toBe(200);
  expect((await askAs("other.example.org", setupState.path, {}, named)).status).toBe(403);
});

test("a name that a proxy passes on counts only when the proxy is trusted", async () => {
  await using trusting = await startTestHub({ config: { trustProxy: true } });
  const forwarded = (name: string) => ({ headers: { "x-forwarded-host": name } });
  expect((await askAs("localhost", setupState.path, forwarded(REBOUND), trusting)).status).toBe(403);
  expect((await askAs(REBOUND, setupState.path, forwarded("localhost"), trusting)).status).toBe(200);
  expect((await askAs("localhost", setupState.path, forwarded(REBOUND))).status).toBe(200);
  expect((await askAs(REBOUND, setupState.path, forwarded("localhost"))).status).toBe(403);
});

test("who brings a key, registers with a token, or asks after the hub's health may call it anything", async () => {
  const headers = await hub.systemHeaders();
  expect((await askAs(REBOUND, "/api/v1/projects", { headers })).status).toBe(200);
  const json = { "content-type": "application/json" };
  expect((await askAs(REBOUND, registerServer.path, { method: "POST", headers: json })).status).toBe(422);
  expect((await askAs(REBOUND, "/healthz")).status).toBe(200);
  const upgrade = (origin?: string) =>
    new Promise<string>((resolve) => {
      const host = { host: REBOUND };
      const socket = new WebSocket(`${hub.url.replace("http", "ws")}/ws/server`, {
        headers: origin === undefined ? host : { ...host, origin },
      });
      socket.on("open", () => {
        resolve("open");
        socket.terminate();
      });
      socket.on("error", (error) => resolve(error.message));
    });
  expect(await upgrade()).toBe("open");
  expect(await upgrade(`http://${REBOUND}`)).toMatch(/403/);
});

test("a refusal is recorded where whoever looks after it can see it: the project's own, or the hub's", async () => {
  // Of one's own: all of a minute's strangers at an address are one fact.
  await using hub = await startTestHub();
  const project = await hub.project();
  const other = await hub.project();
  const token = await addPerson(hub, "viewer", { project: project.id, role: "viewer" });
  const ask = (path: string, headers: Record<string, string>, method = "PATCH") =>
    hub.fetch(path, { method, headers: { "content-type": "application/json", ...headers }, body: "{}" });
  const update = (key: string) => updateProject.path.replace(":project", key);
  for (let n = 0; n < 3; n += 1) expect((await ask(update(project.key), bearing(token))).status).toBe(403);
  expect((await ask(update(other.key), bearing(token))).status).toBe(404);
  expect((await ask(createProject.path, bearing(token), "POST")).status).toBe(403);
  for (let n = 0; n < 3; n += 1) expect((await ask(update(project.key), bearing(`wrong-${n}`))).status).toBe(401);
  expect((await ask(update(project.key), {})).status).toBe(401);

  const facts = await hub.database.sql.query(
    "select project_id, actor, details from activity_log where event_type = 'access.denied' order by seq",
  );
  const address = "127.0.0.1";
  expect(facts).toMatchObject([
    { project_id: project.id, actor: { name: "Ada" }, details: { operation: "updateProject", problem: "forbidden" } },
    { project_id: null, details: { operation: "updateProject", problem: "project_not_found", asked: other.key } },
    { project_id: null, details: { operation: "createProject", problem: "forbidden", address } },
    { project_id: null, actor: { id: null, name: address }, details: { problem: "unauthenticated" } },
  ]);
  expect(JSON.stringify(facts)).not.toContain("wrong-");
});

test("a foreign name and wrong tokens of registrations, invitations and resets are recorded", async () => {
  await using hub = await startTestHub({ config: { trustProxy: true } });
  const admin = await hub.adminHeaders();
  const json = { "content-type": "application/json" };
  const post = (n: number, { path }: { path: string }, body: object, headers: Record<string, string> = {}) =>
    hub.fetch(path, {
      method: "POST",
      headers: { ...json, ...headers, "x-forwarded-for": `192.0.2.${n}` },
      body: JSON.stringify(body),
    });
  const token = "x".repeat(43);
  const statuses = [
    await post(1, registerServer, { name: "x", registration_token: "orcreg_aA.bb" }),
    await post(2, viewInvitation, { token }),
    await post(3, acceptInvitation, { token, name: "Ada", email: "x@example.org", password: "correct horse battery" }),
    await post(4, viewPasswordReset, { token }),
    await post(5, resetPassword, { token, password: "correct horse battery" }),
    await post(6, joinByInvitation, { token }, admin),
  ].map(({ status }) => status);
  expect(statuses).toEqual([401, 401, 401, 401, 401, 404]);
  const foreign = { headers: { "x-forwarded-for": "192.0.2.7", "x-forwarded-host": REBOUND } };
  for (let n = 0; n < 3; n += 1) expect((await askAs("localhost", "/", foreign, hub)).status).toBe(403);

  const facts = await hub.database.sql.query<{ details: { operation: string; problem: string; asked?: string } }>(
    "select details from activity_log where event_type = 'access.denied' order by seq",
  );
  expect(facts.map(({ details: { operation, problem } }) => [operation, problem])).toEqual([
    ["registerServer", "token_invalid"],
    ["viewInvitation", "token_invalid"],
    ["acceptInvitation", "token_invalid"],
    ["viewPasswordReset", "token_invalid"],
    ["resetPassword", "token_invalid"],
    ["joinByInvitation", "invitation_not_found"],
    [expect.any(String), "host_not_allowed"],
  ]);
  expect(facts.at(-1)?.details.asked).toBe(REBOUND);
  expect(JSON.stringify(facts)).not.toContain(token);
});

test("every answer forbids to be framed or guessed at", async () => {
  for (const path of ["/api/v1/setup", "/healthz", "/nothing", "/api/v1/projects"]) {
    const { headers } = await hub.fetch(path);
    expect(headers.get("content-security-policy"), path).toContain("frame-ancestors 'none'");
    expect(headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("strict-transport-security")).toBeNull();
  }
});
