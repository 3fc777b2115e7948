/**
 * From a worker's `complete` request to the `task_assigned` frame at the daemon of the task that it freed, through a hub
 * process of its own: HTTP, sign-in, contracts, locks, flush and socket. Against one raw UPDATE transaction, in turn.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { FakeDaemon } from "../apps/hub/src/testing/fake-daemon.ts";
import { median, now, option, percentile, report } from "./measure.ts";
import { postgresKinds } from "./postgres.ts";
import { openRawUpdates } from "./raw-update.ts";

const SAMPLES = option("samples", 300);
const ROUNDS = option("rounds", 5);
const MAIN = fileURLToPath(new URL("../apps/hub/dist/main.js", import.meta.url));

for await (const kind of postgresKinds()) {
  await using postgres = kind;
  await using raw = await openRawUpdates(postgres.url, 1);
  await using hub = await startHubProcess(postgres.url);
  await using line = await openLine(hub);
  const p50: number[] = [];
  const p99: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    await line.stayOnline();
    const pushes: number[] = [];
    const updates: number[] = [];
    for (let n = 0; n < SAMPLES; n += 1) {
      const begun = now();
      await raw.update(n);
      updates.push(now() - begun);
      pushes.push(await line.completeAndWait());
    }
    // The first round warms both sides up.
    if (round === 0) continue;
    p50.push(percentile(pushes, 50) / percentile(updates, 50));
    p99.push(percentile(pushes, 99) / percentile(updates, 99));
    report(`  round ${round}`, { "push p50 ms": percentile(pushes, 50), "raw p50 ms": percentile(updates, 50) });
  }
  const goal = postgres.flush === "as it is" ? 4 : 1.5;
  report(`P9 push, flush ${postgres.flush}`, {
    "x raw p50": median(p50),
    "x raw p99": median(p99),
    goal: `<= ${goal}`,
  });
}

interface HubProcess extends AsyncDisposable {
  url: string;
  token: string;
}

async function startHubProcess(databaseUrl: string): Promise<HubProcess> {
  const home = mkdtempSync(path.join(os.tmpdir(), "orchestratia-bench-hub-"));
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ORCHESTRATIA_HOME: home, PORT: "0", DATABASE_URL: databaseUrl, LOG_LEVEL: "warn" },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  return {
    url,
    token: readFileSync(path.join(home, "local-token"), "utf8").trim(),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await once(child, "exit");
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** A chain of tasks, each waiting for the one before, worked on in turn by sessions at their prompts. */
async function openLine(hub: HubProcess) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const bearer = { authorization: `Bearer ${hub.token}` };
  const people = (method: string, route: string, body?: unknown) =>
    request(agent, hub.url, method, `/api/v1${route}`, bearer, body);
  await people("POST", "/projects", { key: "BENCH", name: "Bench", settings: { default_agent: "worker" } });
  const { token } = await people("POST", "/projects/BENCH/registration-tokens", {});
  const agents = [{ name: "worker", kind: "custom" as const }];
  const daemon = await FakeDaemon.register(
    hub.url,
    { registration_token: token as string, agents, max_concurrent: 4 },
    { agentStatus: "idle" },
  );
  await daemon.connect();
  const stayOnline = () => daemon.heartbeat({ agents, max_concurrent: 4 });
  await stayOnline();
  const tokens = new Map<string, string>();
  const create = async (upstream?: string) =>
    (await people("POST", "/projects/BENCH/tasks", {
      title: "A link of the chain",
      spec: "Do it.",
      structured_spec: { expected_output: { contracts: [{ key: "api" }] } },
      dependencies: upstream ? [{ depends_on_task_id: upstream, dependency_type: "input", contract_key: "api" }] : [],
    })) as { id: string };
  const as = (sessionId: string) => {
    for (const frame of daemon.frames) {
      if (frame.type === "session_start") tokens.set(frame.session_id, frame.session_token ?? "");
    }
    return { "x-api-key": tokens.get(sessionId) ?? "" };
  };
  const start = async (taskId: string, sessionId: string) => {
    await request(agent, hub.url, "POST", `/api/v1/server/tasks/${taskId}/start`, as(sessionId));
  };

  let current = (await create()).id;
  let pushed = await daemon.next("task_assigned");
  await start(current, pushed.session_id);
  const body = { result: { summary: "done", contracts: { api: { endpoints: ["/a"] } } } };
  return {
    /** A server that sends no heartbeat for 90 s gets nothing new. */
    stayOnline,
    async completeAndWait(): Promise<number> {
      const next = (await create(current)).id;
      const headers = as(pushed.session_id);
      const begun = now();
      const answered = request(agent, hub.url, "POST", `/api/v1/server/tasks/${current}/complete`, headers, body);
      // A hub that is not sure of a push repeats it: the repeat is of a task that runs already.
      do pushed = await daemon.next("task_assigned");
      while (pushed.task_id !== next);
      const took = now() - begun;
      await answered;
      await start(next, pushed.session_id);
      current = next;
      return took;
    },
    async [Symbol.asyncDispose]() {
      agent.destroy();
      await daemon[Symbol.asyncDispose]();
    },
  };
}

function request(
  agent: http.Agent,
  base: string,
  method: string,
  route: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const call = http.request(`${base}${route}`, {
      agent,
      method,
      headers: payload
        ? { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(payload) }
        : headers,
    });
    call.on("error", reject);
    call.on("response", (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => {
        if ((response.statusCode ?? 500) < 300) resolve(JSON.parse(text));
        else reject(new Error(`${method} ${route}: ${response.statusCode} ${text}`));
      });
    });
    call.end(payload);
  });
}
