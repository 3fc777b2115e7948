import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { sessionFolder } from "../../apps/agent/src/terminals/session-folder.ts";
import { Terminals } from "../../apps/agent/src/terminals/terminals.ts";
import { commitFiles } from "../../apps/agent/src/testing/test-repository.ts";
import { sourceHolderCommand, tsxFlags } from "../../apps/agent/src/testing/test-terminals.ts";
import { startTestHub, type TestHub } from "../../apps/hub/src/testing/test-hub.ts";
import { until } from "../../apps/hub/src/testing/until.ts";
import { HolderClient } from "../../packages/holder-link/src/holder-client.ts";
import { readRecord } from "../../packages/holder-link/src/session-record.ts";
import * as approvalRules from "../../packages/protocol/src/operations/approval-rules.ts";
import * as people from "../../packages/protocol/src/operations/people.ts";
import * as peopleTasks from "../../packages/protocol/src/operations/people-tasks.ts";
import type { NewTask, Task } from "../../packages/protocol/src/tasks.ts";
import { startFakeLlm } from "./fake-llm/fake-llm.mjs";
import { sandbox } from "./sandbox.ts";

const daemonMain = fileURLToPath(new URL("../../apps/agent/src/main.ts", import.meta.url));
/** Agents start slowly where several share a processor. */
const PATIENCE_MS = 120_000;

/** Sooner than usual. */
const LIMIT_RETRY_S = 10;

/** What the project's owner lets agents do; people are asked for everything else. */
const allowedCommands = ["orchestratia *", "touch *"];

export const soon = (condition: () => boolean | Promise<boolean>) => until(condition, PATIENCE_MS);

/** A hub, a daemon as a process of its own, and on it one real agent with a model of ours. */
export async function startFleet(name: string, bin: string, settings: Parameters<TestHub["project"]>[0]) {
  const llm = await startFakeLlm();
  const place = sandbox(name, llm.url, bin);
  const hub = await startTestHub();
  commitFiles(place.work, { "README.md": "hello\n" }, "First");

  const project = await hub.project({ default_agent: name, default_server_dir: place.work, ...settings });
  const server = await hub.registerServer(project, { name: "near" });
  const stateDir = join(place.root, "daemon", "agent");
  const registration = { hub_url: hub.url, project_id: project.id, server_id: server.id, name: "near" };
  const config = {
    registrations: [{ ...registration, api_key: server.key }],
    repos: { shop: place.work },
    usage_limit_retry_seconds: LIMIT_RETRY_S,
  };
  mkdirSync(stateDir, { recursive: true });
  writeFileSync(join(stateDir, "agent.yaml"), stringify(config), { mode: 0o600 });

  const daemon = new DaemonProcess({ ...place.env, ORCHESTRATIA_HOME: join(place.root, "daemon") });
  daemon.start();

  const person = await hub.admin();
  const params = { project: project.key };
  for (const command of allowedCommands) {
    const body = { name: command, tool_pattern: "Bash", param_pattern: command, action: "allow" } as const;
    await person.call(approvalRules.createApprovalRule, { params, body });
  }
  await soon(async () => {
    const { servers } = await person.call(people.listServers, { params });
    return servers.some((one) => one.reachable && one.agents.some((agent) => agent.name === name));
  });

  const record = (session: string) => readRecord(sessionFolder(stateDir, session));
  return {
    llm,
    hub,
    person,
    params,
    daemon,
    record,
    /** Where the daemon keeps a task's checkout. */
    checkout: (task: string) => join(stateDir, "worktrees", project.id, task),
    /** `spec` is the script: one directive of the fake model per line. */
    makeTask: (spec: string[], more: Partial<NewTask> = {}): Promise<Task> =>
      person.call(peopleTasks.createTask, {
        params,
        body: { title: "Make it", target_repo: "shop", spec: spec.join("\n"), ...more },
      }),
    view: (task: string) => person.call(peopleTasks.viewTask, { params: { ...params, task } }),
    async sessions() {
      return (await person.call(people.listSessions, { params })).sessions;
    },
    /** The session in which a task is worked on. */
    async sessionOf(task: string) {
      const { sessions } = await person.call(people.listSessions, { params });
      const session = sessions.find(({ task_key }) => task_key === task);
      if (!session) throw new Error(`no session works on ${task}`);
      return session;
    },
    /** Waits for a question that says `words`, and answers it as a person does in the dashboard. */
    async answer(words: string, response: string) {
      const pending = async () => {
        const { interventions } = await person.call(people.listInterventions, { params, query: { status: "pending" } });
        return interventions.find(({ question }) => question.includes(words));
      };
      await soon(async () => (await pending()) !== undefined);
      const asked = await pending();
      if (!asked) throw new Error(`nobody asks for ${words} any more`);
      const at = { ...params, intervention: asked.id };
      await person.call(people.respondIntervention, { params: at, body: { response } });
      return asked;
    },
    async screen(session: string) {
      const path = record(session)?.socket_path ?? "";
      const client = await HolderClient.connect(path, { onFacts() {}, onExit() {}, onLost() {} });
      const lines = await client.lines("screen");
      client.disconnect();
      return lines.join("\n").trimEnd();
    },
    async [Symbol.asyncDispose]() {
      await daemon.kill();
      const rest = new Terminals(stateDir, sourceHolderCommand);
      await rest.adopt();
      await rest.closeAll();
      place[Symbol.dispose]();
      await llm[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
    },
  };
}

/** The daemon as people run it: it can be killed and started again on the same state. */
class DaemonProcess {
  readonly #env: Record<string, string>;
  #child: ChildProcess | undefined;
  #said = "";

  constructor(env: Record<string, string>) {
    this.#env = env;
  }

  get said(): string {
    return this.#said;
  }

  start(): void {
    // The channel ends it together with the tests.
    const stdio = ["ignore", "pipe", "pipe", "ipc"] as const;
    const child = spawn(process.execPath, [...tsxFlags, daemonMain], { env: this.#env, stdio: [...stdio] });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#said += chunk.toString();
      });
    }
    this.#child = child;
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }
}
