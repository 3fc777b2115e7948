/**
 * REST routes against a Fastify route of the same plugins that runs the same SQL by hand and sends the same bytes: the
 * statements of one real answer are recorded and run again, one after the other, for each request to the baseline.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import { fastify } from "fastify";
import pg from "pg";
import { pino } from "pino";
import { readConfig } from "../apps/hub/src/config.ts";
import { startHub } from "../apps/hub/src/hub.ts";
import { FakeDaemon } from "../apps/hub/src/testing/fake-daemon.ts";
import { median, now, option, percentile, report } from "./measure.ts";
import { postgresKinds } from "./postgres.ts";

const SAMPLES = option("samples", 400);
const ROUNDS = option("rounds", 5);
const GOAL = 1.5;

interface Statement {
  text: string;
  name?: string | undefined;
  values?: unknown[] | undefined;
}

interface Route {
  name: string;
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: unknown;
}

for await (const kind of postgresKinds()) {
  await using postgres = kind;
  await measure(postgres.url);
  // A slow flush costs both sides the same: once is enough.
  break;
}

async function measure(databaseUrl: string): Promise<void> {
  const home = mkdtempSync(path.join(os.tmpdir(), "orchestratia-bench-rest-"));
  const rates = { perCaller: 10_000_000, perAddress: 10_000_000 };
  const config = { ...readConfig({ PORT: "0", ORCHESTRATIA_HOME: home }), requestRates: rates };
  const hub = await startHub({ config, databaseUrl, log: pino({ level: "error" }) });
  const token = readFileSync(path.join(home, "local-token"), "utf8").trim();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const routes = await prepare(hub.url, agent, { authorization: `Bearer ${token}` });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  const recorder = recordStatements();
  for (const route of routes) {
    const p50: number[] = [];
    // What a route asks for the first time only (who calls) is asked now.
    for (let n = 0; n < 20; n += 1) await send(agent, hub.url, route);
    recorder.begin();
    const answer = await send(agent, hub.url, route);
    const statements = recorder.end();
    const baseline = await openBaseline(pool, route, statements, answer);
    for (let round = 0; round <= ROUNDS; round += 1) {
      const ours: number[] = [];
      const byHand: number[] = [];
      for (let n = 0; n < SAMPLES; n += 1) {
        ours.push(await timed(() => send(agent, hub.url, route)));
        byHand.push(await timed(() => send(agent, baseline.url, route)));
      }
      if (round > 0) p50.push(percentile(ours, 50) / percentile(byHand, 50));
      if (round === ROUNDS) {
        report(`P12 ${route.name}`, {
          "x by hand p50": median(p50),
          ms: percentile(ours, 50),
          "by hand ms": percentile(byHand, 50),
          statements: statements.length,
          goal: `<= ${GOAL}`,
        });
      }
    }
    await baseline.close();
  }
  agent.destroy();
  await pool.end();
  await hub[Symbol.asyncDispose]();
  rmSync(home, { recursive: true, force: true });
}

/** A project with fifty tasks, a server and a session, and what is asked about them. */
async function prepare(url: string, agent: http.Agent, bearer: Record<string, string>): Promise<Route[]> {
  const people = async (method: string, route: string, body?: unknown) =>
    JSON.parse((await send(agent, url, { name: "", method, url: `/api/v1${route}`, headers: bearer, body })).text);
  await people("POST", "/projects", { key: "BENCH", name: "Bench" });
  const { token } = await people("POST", "/projects/BENCH/registration-tokens", {});
  const daemon = await FakeDaemon.register(url, { registration_token: token }, { agentStatus: "idle" });
  await daemon.connect();
  await daemon.heartbeat();
  await people("POST", "/projects/BENCH/sessions", { server_id: daemon.serverId });
  const { session_token, session_id } = await daemon.next("session_start");
  for (let n = 0; n < 50; n += 1) {
    await people("POST", "/projects/BENCH/tasks", { title: `Task ${n}`, spec: "Do it.", auto_assign: false });
  }
  await people("POST", "/projects/BENCH/tasks/BENCH-1/assign", { session_id });
  await daemon[Symbol.asyncDispose]();
  const project = "/api/v1/projects/BENCH";
  const session = { "x-api-key": session_token ?? "" };
  const server = { "x-api-key": daemon.apiKey };
  return [
    { name: "task list, 50", method: "GET", url: `${project}/tasks`, headers: bearer },
    { name: "task", method: "GET", url: `${project}/tasks/BENCH-1`, headers: bearer },
    { name: "servers", method: "GET", url: `${project}/servers`, headers: bearer },
    { name: "sessions", method: "GET", url: `${project}/sessions`, headers: bearer },
    { name: "activity, 100", method: "GET", url: `${project}/activity`, headers: bearer },
    { name: "interventions", method: "GET", url: `${project}/interventions`, headers: bearer },
    { name: "counts", method: "GET", url: `${project}/counts`, headers: bearer },
    { name: "agent: check", method: "GET", url: "/api/v1/server/tasks/check", headers: session },
    { name: "agent: status", method: "GET", url: "/api/v1/server/status", headers: session },
    { name: "agent: notes", method: "GET", url: "/api/v1/server/tasks/BENCH-1/notes", headers: session },
    {
      name: "heartbeat",
      method: "POST",
      url: "/api/v1/servers/heartbeat",
      headers: server,
      body: { system_info: { cpu_percent: 5 } },
    },
    {
      name: "note",
      method: "POST",
      url: `${project}/tasks/BENCH-2/notes`,
      headers: bearer,
      body: { content: "Hello." },
    },
  ];
}

/** Every statement that any connection of this process is given, while it records. */
function recordStatements() {
  let recorded: Statement[] | undefined;
  const { prototype } = pg.Client;
  const original = prototype.query as (...given: unknown[]) => unknown;
  prototype.query = function (this: pg.Client, ...given: unknown[]) {
    const [statement, values] = given as [string | Statement, unknown];
    if (recorded && statement) {
      const text = typeof statement === "string" ? statement : statement.text;
      const name = typeof statement === "string" ? undefined : statement.name;
      const own = typeof statement === "string" ? undefined : statement.values;
      if (typeof text === "string") recorded.push({ text, name, values: Array.isArray(values) ? values : own });
    }
    return original.apply(this, given);
  } as typeof prototype.query;
  return {
    begin: () => {
      recorded = [];
    },
    end: (): Statement[] => {
      const statements = recorded ?? [];
      recorded = undefined;
      return statements;
    },
  };
}

async function openBaseline(pool: pg.Pool, route: Route, statements: Statement[], answer: { text: string }) {
  const app = fastify();
  await app.register(helmet);
  await app.register(cookie);
  await app.register(rateLimit, { max: 10_000_000, timeWindow: 60_000 });
  const document = JSON.parse(answer.text);
  const inTransaction = statements.some(({ text }) => /^begin/i.test(text));
  const prepared = statements.map(({ text, values }, n) => ({ name: `${route.name} ${n}`, text, values }));
  app.route({
    method: route.method as "GET",
    url: route.url,
    handler: async () => {
      if (!inTransaction) for (const statement of prepared) await pool.query(statement as pg.QueryConfig);
      else {
        const client = await pool.connect();
        for (const statement of prepared) {
          await client.query(/^(begin|commit)/i.test(statement.text) ? statement.text : (statement as pg.QueryConfig));
        }
        client.release();
      }
      return document;
    },
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => app.close() };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = now();
  await work();
  return now() - begun;
}

function send(agent: http.Agent, base: string, { method, url, headers, body }: Route): Promise<{ text: string }> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = http.request(`${base}${url}`, {
      agent,
      method,
      headers: payload
        ? { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(payload) }
        : headers,
    });
    sent.on("error", reject);
    sent.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => {
        if ((response.statusCode ?? 500) < 300) resolve({ text });
        else reject(new Error(`${method} ${url}: ${response.statusCode} ${text}`));
      });
    });
    sent.end(payload);
  });
}
