import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { listProjects } from "@orchestratia/protocol/operations/people";
import { expect, test } from "vitest";
import { startTestHub } from "../testing/test-hub.ts";

interface TestDashboard extends AsyncDisposable {
  url: string;
  /** Of the requests that came, the newest last. */
  seen: { method: string; url: string; headers: Record<string, unknown>; body: string }[];
  stop(): Promise<void>;
}

/** A web server that says what it was asked. */
async function startDashboard(port = 0): Promise<TestDashboard> {
  const seen: TestDashboard["seen"] = [];
  const server: Server = createServer((incoming, outgoing) => {
    let body = "";
    incoming.on("data", (chunk) => {
      body += chunk;
    });
    incoming.on("end", () => {
      const { method = "", url = "", headers } = incoming;
      seen.push({ method, url, headers, body });
      outgoing.setHeader("content-type", "text/html");
      outgoing.end(`<p>${url}</p>`);
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const stop = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, stop, [Symbol.asyncDispose]: stop };
}

test("what is not the hub's own comes from the dashboard, and the hub's own never does", async () => {
  await using dashboard = await startDashboard();
  await using hub = await startTestHub({ config: { dashboardUrl: dashboard.url } });
  const page = await hub.fetch("/tasks/APP-1?view=board", { headers: { accept: "text/html" } });
  expect([page.status, await page.text()]).toEqual([200, "<p>/tasks/APP-1?view=board</p>"]);
  expect(page.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  await hub.fetch("/form", { method: "POST", headers: { "content-type": "application/json" }, body: "{not json" });
  expect(dashboard.seen.at(-1)).toMatchObject({ method: "POST", url: "/form", body: "{not json" });

  const count = dashboard.seen.length;
  for (const path of ["/api", "/api/v1/nowhere", "/ws/nowhere", "/mcp", "/metrics"]) {
    const response = await hub.fetch(path);
    expect([path, response.status, response.headers.get("content-type")]).toEqual([
      path,
      404,
      "application/problem+json; charset=utf-8",
    ]);
  }
  expect(dashboard.seen).toHaveLength(count);
});

test("pages are compressed for whoever can read that", async () => {
  await using dashboard = await startDashboard();
  await using hub = await startTestHub({ config: { dashboardUrl: dashboard.url } });
  const path = `/${"long".repeat(200)}`;
  const packed = await hub.fetch(path, { headers: { "accept-encoding": "gzip" } });
  expect(packed.headers.get("content-encoding")).toBe("gzip");
  expect(packed.headers.get("content-length")).toBeNull();
  expect(packed.headers.get("vary")).toContain("accept-encoding");
  expect(await packed.text()).toBe(`<p>${path}</p>`);
  const plain = await hub.fetch(path, { headers: { "accept-encoding": "identity" } });
  expect(plain.headers.get("content-encoding")).toBeNull();
  expect(await plain.text()).toBe(`<p>${path}</p>`);
});

test("a client that waits for 100-continue is served through the dashboard as well", async () => {
  await using dashboard = await startDashboard();
  await using hub = await startTestHub({ config: { dashboardUrl: dashboard.url } });
  const { hostname, port } = new URL(hub.url);
  const sent = request({ hostname, port, path: "/upload", method: "POST", headers: { expect: "100-continue" } });
  sent.flushHeaders();
  await once(sent, "continue");
  sent.end("body");
  const [response] = await once(sent, "response");
  response.resume();
  expect(response.statusCode).toBe(200);
  expect(dashboard.seen.at(-1)).toMatchObject({ url: "/upload", body: "body" });
  expect(dashboard.seen.at(-1)?.headers).not.toHaveProperty("expect");
});

test("without its dashboard the hub is alive, not ready, and says so to people and to programs", async () => {
  await using dashboard = await startDashboard();
  await using hub = await startTestHub({ config: { dashboardUrl: dashboard.url } });
  expect(await (await hub.fetch("/readyz")).json()).toEqual({ status: "ready" });
  await dashboard.stop();
  expect((await hub.fetch("/healthz")).status).toBe(200);
  const ready = await hub.fetch("/readyz");
  expect([ready.status, await ready.json()]).toEqual([
    503,
    { status: "not ready", failing: { dashboard: "does not answer" } },
  ]);
  const page = await hub.fetch("/", { headers: { accept: "text/html,*/*" } });
  expect([page.status, page.headers.get("content-type")]).toEqual([503, "text/html; charset=utf-8"]);
  expect(await page.text()).toContain("not running yet");
  const program = await hub.fetch("/", { headers: { accept: "application/json" } });
  expect(await program.json()).toMatchObject({ type: "urn:orchestratia:problem:dashboard_unavailable", status: 503 });
});

/** A line to somewhere that can be cut. */
async function openLine() {
  const sockets = new Set<Socket>();
  let target = { port: 0, host: "" };
  let isCut = false;
  const server = createTcpServer((near) => {
    const far = connect(target);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
    }
    if (isCut) return cut();
    near.pipe(far).pipe(near);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  function cut(): void {
    isCut = true;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  }
  return {
    to(url: string): string {
      const through = new URL(url);
      target = { host: through.hostname, port: Number(through.port) };
      through.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      return through.href;
    },
    cut,
    mend: () => {
      isCut = false;
    },
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("a database that is gone is told as such, and when it is back all is well", async () => {
  await using line = await openLine();
  await using hub = await startTestHub({ databaseThrough: line.to });
  const admin = await hub.admin();
  const list = () => admin.call(listProjects);
  await list();
  line.cut();
  await expect(list()).rejects.toMatchObject({ code: "database_unavailable", status: 503 });
  const ready = await hub.fetch("/readyz");
  expect([ready.status, await ready.json()]).toEqual([
    503,
    { status: "not ready", failing: { database: "does not answer" } },
  ]);
  line.mend();
  await list();
  expect((await hub.fetch("/readyz")).status).toBe(200);
});
