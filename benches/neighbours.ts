/** What those who behave notice of one socket that does not: the p99 of their requests and frames, with and without it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { FakeDaemon } from "../apps/hub/src/testing/fake-daemon.ts";
import { median, now, option, percentile, report } from "./measure.ts";
import { postgresKinds } from "./postgres.ts";

const SAMPLES = option("samples", 400);
const ROUNDS = option("rounds", 5);
const GOAL = 1.2;
const HUB = fileURLToPath(new URL("../apps/hub/dist/main.js", import.meta.url));
const ABUSER = fileURLToPath(new URL("./abuser.ts", import.meta.url));

const ABUSES = ["messages", "deep", "large", "halves"] as const;

for await (const kind of postgresKinds()) {
  await using postgres = kind;
  const home = mkdtempSync(path.join(os.tmpdir(), "orchestratia-bench-neighbours-"));
  const hub = spawn(process.execPath, [HUB], {
    env: { ...process.env, ORCHESTRATIA_HOME: home, PORT: "0", DATABASE_URL: postgres.url, LOG_LEVEL: "fatal" },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [{ url }] = (await once(hub, "message")) as [{ url: string }];
  const token = readFileSync(path.join(home, "local-token"), "utf8").trim();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (method: string, route: string, body?: unknown) => request(agent, url + route, method, token, body);
  await ask("POST", "/api/v1/projects", { key: "BENCH", name: "Bench" });
  const registration = async (name: string) => ({
    name,
    registration_token: (await ask("POST", "/api/v1/projects/BENCH/registration-tokens", {})).token as string,
  });
  const bad = await FakeDaemon.register(url, await registration("abuser"));
  for (const abuse of ABUSES) {
    const ratios: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const alone = await p99(() => ask("GET", "/api/v1/projects/BENCH/servers"));
      const abuser = await startAbuser(url, bad.apiKey, abuse);
      const beside = await p99(() => ask("GET", "/api/v1/projects/BENCH/servers"));
      abuser.kill("SIGKILL");
      await once(abuser, "exit");
      if (round > 0) ratios.push(beside / alone);
    }
    report(`a neighbour that sends ${abuse}`, { "x p99 alone": median(ratios), goal: `<= ${GOAL}` });
  }
  agent.destroy();
  hub.kill("SIGTERM");
  await once(hub, "exit");
  rmSync(home, { recursive: true, force: true });
  break;
}

async function startAbuser(url: string, apiKey: string, abuse: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--import", "tsx", ABUSER, url, apiKey, abuse], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await once(child, "message");
  return child;
}

async function p99(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < SAMPLES; n += 1) {
    const begun = now();
    await work();
    times.push(now() - begun);
  }
  return percentile(times, 99);
}

function request(
  agent: http.Agent,
  url: string,
  method: string,
  token: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers = { authorization: `Bearer ${token}`, ...(payload && { "content-type": "application/json" }) };
  return new Promise((resolve, reject) => {
    const sent = http.request(url, { agent, method, headers });
    sent.on("error", reject);
    sent.on("response", (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(JSON.parse(text)));
    });
    sent.end(payload);
  });
}
