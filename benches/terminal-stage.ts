import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { beside, startChild, stopChild } from "./child.ts";
import { type BenchPostgres, postgresKinds } from "./postgres.ts";
import { ready, type TerminalStage } from "./terminal.ts";
import { type AttachOptions, Viewer } from "./terminal-viewer.ts";

const HUB = beside("../apps/hub/dist/main.js");
const DAEMON = beside("../apps/agent/dist/main.js");
const SESSIONS_MAX = 500;
/** Where profiles go: `--profile` names a folder. */
const PROFILE = process.argv.find((argument) => argument.startsWith("--profile="))?.slice("--profile=".length);

interface OurStage extends TerminalStage {
  token: string;
  /** Asks the hub's API within the project. */
  ask(method: string, route: string, body?: unknown): Promise<Record<string, unknown>>;
  /** Starts a session; answers its id. */
  start(program: string): Promise<string>;
  /** Somebody who looks at a session. */
  look(session: string, options?: Partial<AttachOptions>): Promise<Viewer>;
}

/** The hub and the daemon as they are run, each a process of its own, the daemon linked through `hubPort` if given. */
export async function startOurs(
  programs: Record<string, string>,
  { through }: { through?: (port: number) => Promise<number> } = {},
): Promise<OurStage> {
  const home = mkdtempSync(path.join(os.tmpdir(), "orchestratia-bench-terminals-"));
  const postgres = await firstPostgres();
  const hub = await startChild(HUB, [], {
    env: {
      ORCHESTRATIA_HOME: home,
      PORT: "0",
      DATABASE_URL: postgres.url,
      LOG_LEVEL: "error",
      // All of them come from one address at once.
      ANONYMOUS_REQUESTS_PER_MINUTE: "100000",
    },
    flags: profileFlags("hub"),
  });
  const { url } = hub.said as { url: string };
  const port = Number(new URL(url).port);
  const token = readFileSync(path.join(home, "local-token"), "utf8").trim();
  const call = (method: string, route: string, body?: unknown) => request(`${url}/api/v1${route}`, method, token, body);
  const ask = (method: string, route: string, body?: unknown) => call(method, `/projects/BENCH${route}`, body);
  await call("POST", "/projects", { key: "BENCH", name: "Bench" });
  const { token: registration } = await ask("POST", "/registration-tokens", {});
  const daemonHome = path.join(home, "daemon");
  mkdirSync(daemonHome);
  const config = path.join(daemonHome, "agent.yaml");
  const agents = Object.entries(programs).map(([name, command]) => ({ name, command, cwd: "/" }));
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ max_concurrent: SESSIONS_MAX, max_sessions: SESSIONS_MAX, agents }));
  const args = ["--config", config, "--state-dir", daemonHome, "--close-sessions-on-exit"];
  const daemon = spawn(process.execPath, [...profileFlags("daemon"), DAEMON, "--register", "-", "--run", ...args], {
    env: {
      ...process.env,
      ORCHESTRATIA_HOME: daemonHome,
      ORCHESTRATIA_LOG_LEVEL: "error",
    },
    // It leaves when the channel ends, and so does not outlive us.
    stdio: ["pipe", "ignore", "inherit", "ipc"],
  });
  daemon.stdin?.end(through ? hubAt(registration as string, await through(port)) : (registration as string));
  const server = await firstServer(ask);

  const stage: OurStage = {
    name: "ours",
    port,
    pids: { hub: hub.pid, daemon: daemon.pid as number },
    token,
    ask,
    async start(program) {
      const { id } = await ask("POST", "/sessions", { server_id: server, agent: program });
      return id as string;
    },
    look: (session, options) => Viewer.attach({ port, token, session, ...options }),
    async open(program, viewerPort = port) {
      const session = await stage.start(program);
      const viewer = await stage.look(session, { port: viewerPort });
      await ready(viewer);
      return Object.assign(viewer, {
        async close() {
          await viewer.leave();
          await ask("DELETE", `/sessions/${session}`);
        },
      });
    },
    async [Symbol.asyncDispose]() {
      await stopChild(daemon);
      await hub[Symbol.asyncDispose]();
      await postgres[Symbol.asyncDispose]();
      rmSync(home, { recursive: true, force: true });
    },
  };
  return stage;
}

/** The registration token with another port of the hub in it. */
function hubAt(token: string, port: number): string {
  const secret = token.slice(token.indexOf("."));
  return `orcreg_${Buffer.from(`http://127.0.0.1:${port}`).toString("base64url")}${secret}`;
}

const profileFlags = (of: string): string[] =>
  PROFILE === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${path.join(PROFILE, of)}`];

async function firstPostgres(): Promise<BenchPostgres> {
  for await (const postgres of postgresKinds()) return postgres;
  throw new Error("there is no Postgres");
}

/** The daemon's, once it is linked. */
async function firstServer(ask: OurStage["ask"]): Promise<string> {
  for (;;) {
    const { servers } = (await ask("GET", "/servers")) as { servers: { id: string; status: string }[] };
    const linked = servers.find(({ status }) => status === "online");
    if (linked) return linked.id;
    await delay(100);
  }
}

async function request(url: string, method: string, token: string, body?: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { "content-type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return text === "" ? {} : JSON.parse(text);
}
