import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { HubClient } from "@orchestratia/client/http";
import * as people from "@orchestratia/protocol/operations/people";
import * as tasks from "@orchestratia/protocol/operations/people-tasks";
import type { Project } from "@orchestratia/protocol/projects";
import type { Session } from "@orchestratia/protocol/sessions";
import type { ServerId } from "@orchestratia/protocol/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../test-hub.ts";
import { until } from "../until.ts";

/** A folder that holds the package `orchestratia_agent` of the public client, and the Python that can run it. */
const { ORCHESTRATIA_V1_AGENT: folder, ORCHESTRATIA_V1_PYTHON: python = "python3" } = process.env;
const given = test.skipIf(folder === undefined);
const run = promisify(execFile);
/** A daemon looks at its screens every 5 s. */
const PATIENT_MS = 60_000;

/** Reads lines as an agent does, and does what the spec of its task says. */
const STAND_IN = `import json, os, subprocess, sys
def cli(*args):
    done = subprocess.run(["orchestratia", *args, "--json"], capture_output=True, text=True)
    return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout + done.stderr
def work(task):
    kind, _, rest = task["spec"].partition(" ")
    if task["status"] in ("assigned", "planning") and task["plan"] is None or task["status"] == "assigned":
        task = cli("task", "start", task["id"])
    if task["status"] == "planning":
        cli("task", "plan", task["id"], "--plan", "first this, then that")
    elif task["status"] == "running" and kind == "ask":
        cli("task", "help", task["id"], "--question", rest)
    elif task["status"] == "running" and kind != "hold":
        cli("task", "complete", task["id"], "--result", rest or "done")
while True:
    sys.stdout.write("\\u2500\\u2500\\u2500\\u2500\\u2500\\n\\u276f ")
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line:
        break
    with open(os.path.expanduser("~/lines"), "a") as lines:
        lines.write(line)
    if "task check" in line:
        for task in cli("task", "check")["tasks"]:
            work(task)
    elif line.startswith("The answer"):
        for task in cli("task", "check")["tasks"]:
            cli("task", "complete", task["id"], "--result", json.dumps({"summary": line.strip()}))
`;

/** One machine of its own: its home, its tmux, its daemon. */
class Machine {
  readonly home: string;
  readonly name: string;
  serverId = "" as ServerId;
  #process: ChildProcess | undefined;

  constructor(home: string, name: string) {
    this.home = home;
    this.name = name;
  }

  get config(): string {
    return path.join(this.home, ".config/orchestratia/config.yaml");
  }

  get env(): NodeJS.ProcessEnv {
    return {
      HOME: this.home,
      TMUX_TMPDIR: this.home,
      TMPDIR: this.home,
      SHELL: "/bin/bash",
      LANG: "C.UTF-8",
      USER: "agent",
      PYTHONPATH: folder,
      PATH: `${path.join(this.home, "bin")}:${process.env.PATH}`,
    };
  }

  async prepare(): Promise<void> {
    for (const sub of ["bin", "project", ".config/orchestratia"])
      await mkdir(path.join(this.home, sub), { recursive: true });
    await this.#program("claude", `#!/bin/sh\nexec ${python} ${path.join(this.home, "stand-in.py")}\n`);
    await this.#program("orchestratia", `#!/bin/sh\nexec ${python} -m orchestratia_agent.cli "$@"\n`);
    await writeFile(path.join(this.home, "stand-in.py"), STAND_IN);
    const profile = `export PATH='${this.env.PATH}' PYTHONPATH='${folder}' LANG=C.UTF-8\nPS1='box$ '\n`;
    await writeFile(path.join(this.home, ".bash_profile"), profile);
    await writeFile(this.config, `server_name: ${this.name}\nmcp:\n  enabled: false\n`);
  }

  async register(token: string): Promise<void> {
    await run(python, ["-m", "orchestratia_agent.main", "--config", this.config, "--register", token], {
      env: this.env,
    });
  }

  start(): void {
    this.#process = spawn(python, ["-m", "orchestratia_agent.main", "--config", this.config], {
      env: this.env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process.stderr?.on("data", (data: Buffer) => void appendFile(path.join(this.home, "daemon.log"), data));
  }

  async kill(): Promise<void> {
    const daemon = this.#process;
    if (!daemon || daemon.exitCode !== null) return;
    daemon.kill("SIGKILL");
    await once(daemon, "exit");
  }

  async end(): Promise<void> {
    await this.kill();
    await run("tmux", ["kill-server"], { env: this.env }).catch(() => undefined);
  }

  /** The public CLI, as somebody types it on the machine. */
  async cli(env: Record<string, string>, ...args: string[]): Promise<string> {
    const key = /api_key: (\S+)/.exec(await readFile(this.config, "utf8"))?.[1] ?? "";
    const own = { ...this.env, ORCHESTRATIA_API_KEY: key, ...env };
    return (await run(python, ["-m", "orchestratia_agent.cli", ...args], { env: own })).stdout;
  }

  /** What was typed to its agents. */
  async lines(): Promise<string> {
    return readFile(path.join(this.home, "lines"), "utf8").catch(() => "");
  }

  async #program(name: string, text: string): Promise<void> {
    await writeFile(path.join(this.home, "bin", name), text);
    await chmod(path.join(this.home, "bin", name), 0o755);
  }
}

let hub: TestHub;
let admin: HubClient;
let project: Project;
let one: Machine;
let two: Machine;
let session: Session;

async function machine(name: string): Promise<Machine> {
  const made = new Machine(await mkdtemp(path.join(os.tmpdir(), "v1-")), name);
  await made.prepare();
  await made.register(await hub.registrationToken(project));
  // Both are this machine, and the hub would take the second for the first.
  await hub.database.sql.query("update servers set machine_id = id::text where project_id = $1", [project.id]);
  made.start();
  await until(async () => {
    const { servers } = await admin.call(people.listServers, { params: { project: project.id } });
    const server = servers.find((server) => server.name === name && server.reachable);
    if (server) made.serverId = server.id;
    return server !== undefined;
  }, PATIENT_MS);
  return made;
}

beforeAll(async () => {
  if (folder === undefined) return;
  hub = await startTestHub({ config: { port: await freePort() } });
  admin = await hub.admin();
  project = await hub.project({ auto_start_sessions: false });
  [one, two] = [await machine("one"), await machine("two")];
}, PATIENT_MS);
afterAll(async () => {
  if (folder === undefined) return;
  for (const { home, end } of [one, two].map((made) => ({ home: made.home, end: () => made.end() }))) {
    await end();
    await rm(home, { recursive: true, force: true });
  }
  await hub[Symbol.asyncDispose]();
});

/** A restarted hub has to be where the daemons look for it. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

const env = () => ({ ORCHESTRATIA_HUB_URL: hub.url, ORCHESTRATIA_PROJECT_ID: project.id });
const view = (task: string) => admin.call(tasks.viewTask, { params: { project: project.id, task } });
const taskIs = (task: string, status: string) => until(async () => (await view(task)).status === status, PATIENT_MS);
const sessionIs = (agent_status: Session["agent_status"]) =>
  until(async () => {
    const now = await admin.call(people.viewSession, { params: { project: project.id, session: session.id } });
    return now.status === "active" && now.agent_status === agent_status;
  }, PATIENT_MS);

async function create(spec: string, ...more: string[]): Promise<string> {
  const made = await one.cli(
    env(),
    "task",
    "create",
    "--title",
    `To ${spec.split(" ")[0]}`,
    "--spec",
    spec,
    ...more,
    "--json",
  );
  return (JSON.parse(made) as { id: string }).id;
}

given(
  "a session starts, its agent is launched, and work goes through it to the end",
  { timeout: 180_000 },
  async () => {
    const body = {
      server_id: one.serverId,
      agent: "claude",
      name: "worker",
      working_directory: path.join(one.home, "project"),
    };
    session = await admin.call(people.createSession, { params: { project: project.id }, body });
    await sessionIs("idle");
    const done = await create('complete {"summary": "yes", "contracts": {"schema": {"a": 1}}}', "--assign", "worker");
    await taskIs(done, "done");
    const next = await create("complete it");
    await one.cli(
      env(),
      "task",
      "deps",
      "add",
      next,
      "--depends-on",
      done,
      "--type",
      "input",
      "--contract-key",
      "schema",
    );
    expect(await one.cli(env(), "task", "view", next.slice(0, 8))).toContain('input schema: {"a": 1}');
    await one.cli(env(), "task", "note", next, "--content", "mind the index");
    expect(await one.cli(env(), "task", "notes", next)).toContain("mind the index");
    await one.cli(env(), "task", "update", next, "--title", "Renamed");
    await one.cli(env(), "task", "assign", next, "--session", "worker");
    await taskIs(next, "done");
    expect(await one.cli(env(), "task", "list", "--status", "done")).toContain("Renamed");
    expect(await one.cli(env(), "server", "list")).toContain("online");
    expect(await one.cli(env(), "session", "list")).toContain("worker");
  },
);

given("plans, questions and notes find their way", { timeout: 240_000 }, async () => {
  const planned = await create("complete the plan", "--assign", "worker", "--require-plan");
  await taskIs(planned, "plan_review");
  const onPlanned = { params: { project: project.id, task: planned } };
  await admin.call(tasks.revisePlan, { ...onPlanned, body: { feedback: "smaller steps" } });
  await until(async () => (await one.lines()).includes("Feedback: smaller steps"), PATIENT_MS);
  await taskIs(planned, "plan_review");
  await admin.call(tasks.approvePlan, onPlanned);
  await taskIs(planned, "done");
  const held = await create("hold", "--assign", "worker");
  await taskIs(held, "running");
  await one.cli(env(), "task", "note", held, "--content", "stop; $(touch ~/never)", "--urgent");
  await until(async () => (await one.lines()).includes("stop; $(touch ~/never)"), PATIENT_MS);
  await one.cli(env(), "task", "cancel", held);
  await taskIs(held, "cancelled");
  const asked = await create("ask Which database?", "--assign", "worker");
  await taskIs(asked, "needs_human");
  const { interventions } = await admin.call(people.listInterventions, { params: { project: project.id } });
  const [open] = interventions.filter(({ status }) => status === "pending");
  await admin.call(people.respondIntervention, {
    params: { project: project.id, intervention: open?.id ?? "" },
    body: { response: "The answer is Postgres" },
  });
  await taskIs(asked, "done");
  expect((await view(asked)).result).toEqual({ summary: "The answer is Postgres" });
});

given("files and commands reach the other machine", { timeout: 120_000 }, async () => {
  const body = { server_id: two.serverId, name: "other", working_directory: path.join(two.home, "project") };
  await admin.call(people.createSession, { params: { project: project.id }, body });
  await writeFile(path.join(two.home, "project", "notes.txt"), "of machine two\n");
  await until(async () => (await one.cli(env(), "session", "list")).includes(" active "), PATIENT_MS);
  await until(async () => {
    const read = await one.cli(env(), "remote", "read", "other", "notes.txt").catch(() => "");
    return read.startsWith("of machine two");
  }, PATIENT_MS);
  const bytes = randomBytes(2_000_001);
  await writeFile(path.join(one.home, "data.bin"), bytes);
  expect(await one.cli(env(), "file", "send", path.join(one.home, "data.bin"), "--to", "other")).toContain("completed");
  const sent = await readFile(path.join(two.home, ".orchestratia/transfers/data.bin"));
  expect(sent.equals(bytes)).toBe(true);
});

given("a killed daemon comes back with its sessions, and so does a restarted hub", { timeout: 240_000 }, async () => {
  await one.kill();
  await until(async () => {
    const now = await admin.call(people.viewSession, { params: { project: project.id, session: session.id } });
    return now.status === "disconnected";
  });
  const meanwhile = await create("complete it", "--assign", "worker");
  one.start();
  await taskIs(meanwhile, "done");
  await hub.stop();
  await hub.start();
  admin = await hub.admin();
  await until(async () => {
    const { servers } = await admin.call(people.listServers, { params: { project: project.id } });
    return servers.every(({ reachable }) => reachable);
  }, PATIENT_MS);
  const after = await create("complete it", "--assign", "worker");
  await taskIs(after, "done");
  const starts = (await one.lines()).split("\n").filter((line) => line.includes("assigned to you"));
  // Each task once, however often the link broke in between.
  expect(starts).toHaveLength(7);
});
