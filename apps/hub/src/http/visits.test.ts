import { once } from "node:events";
import { CLOSE_CODES } from "@orchestratia/protocol/server-link";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { FakeDaemon } from "../testing/fake-daemon.ts";
import { FakeViewer } from "../testing/fake-viewer.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { until } from "../testing/until.ts";

const MOST = 3;
const startLimited = () =>
  startTestHub({ config: { trustProxy: true, requestRates: { perAddress: MOST, perCaller: 1000 } } });

/** "open", or the status of the refusal. */
function upgrade(hub: TestHub, path: string, headers: Record<string, string> = {}): Promise<"open" | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(hub.url.replace("http", "ws") + path, { headers });
    socket.on("error", reject);
    socket.on("unexpected-response", (request, { statusCode = 0 }) => {
      request.destroy();
      resolve(statusCode);
    });
    socket.on("open", () => {
      socket.terminate();
      resolve("open");
    });
  });
}

const from = (address: string) => ({ "x-forwarded-for": address });

test.each(["/ws/server", "/ws/dashboard"])(
  "upgrades of %s that sign nobody in are limited by address",
  async (path) => {
    await using hub = await startLimited();
    const knock = (address: string) => upgrade(hub, path, from(address));
    for (let n = 1; n <= MOST; n += 1) expect(await knock(`2001:db8::${n}`)).toBe("open");
    expect(await knock("2001:db8::ffff")).toBe(429);
    expect(await knock("2001:db8:0:1::1")).toBe("open");
    expect(await knock("192.0.2.1")).toBe("open");
  },
);

test("who signs in on a socket is not counted, and who sends a wrong key is", async () => {
  await using hub = await startLimited();
  const { key: apiKey } = await hub.registerServer(await hub.project());
  const { authorization } = await hub.systemHeaders();
  const token = authorization.replace("Bearer ", "");
  for (let n = 0; n < 3 * MOST; n += 1) {
    await using daemon = new FakeDaemon({ url: hub.url, apiKey });
    await daemon.connect();
    await using viewer = await FakeViewer.signedIn(hub.url, token);
    expect(viewer.frames[0]?.type).toBe("auth_ok");
  }
  for (let n = 0; n < MOST; n += 1) {
    await using daemon = new FakeDaemon({ url: hub.url, apiKey: "orc_wrong" });
    await daemon.open();
    daemon.send({ type: "auth", api_key: "orc_wrong" });
    expect((await daemon.closed).code).toBe(CLOSE_CODES.unauthenticated);
  }
  // Refused before anybody could ask whose key it is.
  expect(await upgrade(hub, "/ws/server")).toBe(429);
  expect(await upgrade(hub, "/ws/dashboard")).toBe("open");
});

test.each(["/readyz", "/api/openapi.json"])("%s is limited by address, and says when to try again", async (path) => {
  await using hub = await startLimited();
  for (let n = 0; n < MOST; n += 1) expect((await hub.fetch(path)).status).toBe(200);
  const refused = await hub.fetch(path);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await hub.fetch(path, { headers: from("192.0.2.1") })).status).toBe(200);
  expect((await hub.fetch("/healthz")).status).toBe(200);
});

interface Fact {
  project_id: string | null;
  actor: { id: string | null; name: string };
  details: Record<string, unknown>;
}

const denialsOf = (hub: TestHub) =>
  hub.database.sql.query<Fact>(
    "select project_id, actor, details from activity_log where event_type = 'access.denied' order by seq",
  );

async function refused(hub: TestHub, path: string, headers: Record<string, string>, first?: object): Promise<number> {
  const socket = new WebSocket(hub.url.replace("http", "ws") + path, { headers });
  await once(socket, "open");
  if (first) socket.send(JSON.stringify(first));
  const [code] = await once(socket, "close");
  return code;
}

test("a wrong server's key, a wrong token and a foreign page at a socket are recorded", async () => {
  await using hub = await startTestHub({ config: { trustProxy: true } });
  const wrongKey = { type: "auth", api_key: "orc_wrong" };
  expect(await refused(hub, "/ws/server", from("192.0.2.1"), wrongKey)).toBe(CLOSE_CODES.unauthenticated);
  const wrongToken = { type: "auth", token: "orct_wrong" };
  expect(await refused(hub, "/ws/dashboard", from("192.0.2.2"), wrongToken)).toBe(CLOSE_CODES.unauthenticated);
  const { authorization } = await hub.adminHeaders();
  const [row] = await hub.database.sql.query<{ instance_id: string }>("select instance_id from hub.instance");
  const cookie = `orc_${row?.instance_id}=${authorization?.replace("Bearer ", "")}`;
  const foreign = { ...from("192.0.2.3"), cookie, origin: "https://evil.example" };
  expect(await refused(hub, "/ws/dashboard", foreign)).toBe(CLOSE_CODES.forbidden);

  await until(async () => (await denialsOf(hub)).length === 3);
  const facts = await denialsOf(hub);
  expect(facts).toMatchObject([
    { actor: { id: null, name: "192.0.2.1" }, details: { operation: "/ws/server", problem: "unauthenticated" } },
    { actor: { id: null, name: "192.0.2.2" }, details: { operation: "/ws/dashboard", problem: "unauthenticated" } },
    { actor: { id: null, name: "192.0.2.3" }, details: { operation: "/ws/dashboard", problem: "csrf_failed" } },
  ]);
  expect(JSON.stringify(facts)).not.toContain("wrong");
});
