/** What an idle daemon's connection costs the hub in memory, against a bare `ws` server with as many. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { WebSocket } from "ws";
import { newSecret, secretHash } from "../apps/hub/src/access/secret-hash.ts";
import { median, option, report } from "./measure.ts";
import { postgresKinds } from "./postgres.ts";

const CONNECTIONS = option("connections", 1_000);
const ROUNDS = option("rounds", 3);
const GOAL = 1.3;
/** Until what was only needed for the beginning is let go. */
const REST_MS = 4_000;
const HUB = fileURLToPath(new URL("../apps/hub/dist/main.js", import.meta.url));
const BARE = fileURLToPath(new URL("./bare-sockets.ts", import.meta.url));
const FLAGS = ["--expose-gc", "--max-semi-space-size=1"];

for await (const kind of postgresKinds()) {
  await using postgres = kind;
  const keys = await registerServers(postgres.url);
  const perHub: number[] = [];
  const perBare: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const home = mkdtempSync(path.join(os.tmpdir(), "orchestratia-bench-idle-"));
    const environment = {
      ORCHESTRATIA_HOME: home,
      PORT: "0",
      DATABASE_URL: postgres.url,
      LOG_LEVEL: "error",
      // All of them come from one address at once.
      ANONYMOUS_REQUESTS_PER_MINUTE: "100000",
    };
    perHub.push(await memoryPerConnection([...FLAGS, HUB], environment, keys));
    rmSync(home, { recursive: true, force: true });
    perBare.push(await memoryPerConnection([...FLAGS, "--import", "tsx", BARE], {}, keys));
    report(`  round ${round + 1}`, { "hub KB": perHub.at(-1) ?? 0, "bare ws KB": perBare.at(-1) ?? 0 });
  }
  report(`P8 an idle daemon among ${CONNECTIONS}`, {
    "x bare ws": median(perHub) / median(perBare),
    "hub KB": median(perHub),
    "bare ws KB": median(perBare),
    goal: `<= ${GOAL}`,
  });
  // The database's flush has no part in it.
  break;
}

async function registerServers(databaseUrl: string): Promise<string[]> {
  const keys = Array.from({ length: CONNECTIONS }, () => newSecret("orc_"));
  const pool = new pg.Pool({ connectionString: databaseUrl });
  const { rows } = await pool.query("insert into projects (key, name) values ('BENCH', 'Bench') returning id");
  await pool.query(
    `insert into servers (project_id, name, status, last_heartbeat, api_key_hash)
     select $1, 'server-' || n, 'online', now(), hash from unnest($2::text[]) with ordinality as given (hash, n)`,
    [rows[0].id, keys.map(secretHash)],
  );
  await pool.end();
  return keys;
}

async function memoryPerConnection(argv: string[], environment: Record<string, string>, keys: string[]) {
  const child = spawn(process.execPath, argv, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  // One of each first, so that what is made once is not counted.
  const first = await connectAll(url, keys.slice(0, 20));
  await delay(REST_MS);
  const before = residentKb(child);
  const others = await connectAll(url, keys.slice(20));
  await delay(REST_MS);
  const each = (residentKb(child) - before) / (keys.length - 20);
  for (const socket of [...first, ...others]) socket.terminate();
  child.kill("SIGTERM");
  await once(child, "exit");
  return each;
}

async function connectAll(url: string, keys: string[]): Promise<WebSocket[]> {
  const sockets: WebSocket[] = [];
  for (const api_key of keys) {
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws/server`, { perMessageDeflate: false });
    await once(socket, "open");
    socket.send(JSON.stringify({ type: "auth", api_key, nonce: randomUUID() }));
    await once(socket, "message");
    sockets.push(socket);
  }
  return sockets;
}

function residentKb(child: ChildProcess): number {
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(child.pid)], { encoding: "utf8" }));
}
