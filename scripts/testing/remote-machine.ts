/** A real daemon at a hub, with one session that works in a repository of its own. */
import { mkdtemp, readdir, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startTestDaemon } from "../../apps/agent/src/testing/test-daemon.ts";
import { runInProcess } from "../../apps/cli/src/testing/run-in-process.ts";
import type { HubAccess } from "../../apps/hub/src/testing/hub-at.ts";
import { until } from "../../apps/hub/src/testing/until.ts";
import * as people from "../../packages/protocol/src/operations/people.ts";
import type { ServerId } from "../../packages/protocol/src/vocabulary.ts";

export interface MachineOptions {
  hub: HubAccess;
  project: { id: string; key: string };
  name: string;
  policy?: NonNullable<Parameters<typeof startTestDaemon>[1]>["policy"];
  /** Where the daemon finds the hub, when that is not straight. */
  throughUrl?: string;
}

export type Machine = Awaited<ReturnType<typeof startMachine>>;

/** A session's token is given to the session alone, so it is the session that says it. */
const noting = { name: "noting", command: "env > unfinished && mv unfinished environment && exec sleep 600" };

export async function startMachine({ hub, project, name, policy = {}, throughUrl = hub.url }: MachineOptions) {
  const server = await hub.registerServer(project, { name });
  const repo = await realpath(await mkdtemp(path.join(tmpdir(), `orchestratia-${name}-`)));
  const registration = { hub_url: throughUrl, project_id: project.id, server_id: server.id, name, api_key: server.key };
  const daemon = await startTestDaemon(throughUrl, {
    registrations: [registration],
    repos: { demo: repo },
    agents: [noting],
    policy,
  });
  const system = await hub.system();
  await until(async () => {
    const { servers } = await system.call(people.listServers, { params: { project: project.key } });
    const found = servers.find(({ id }) => id === server.id);
    return found?.reachable === true && found.agents.length > 0;
  });
  const session = await system.call(people.createSession, {
    params: { project: project.key },
    body: {
      server_id: server.id as ServerId,
      name: `at-${name}`,
      agent: "noting",
      role: "orchestrator",
      working_directory: repo,
    },
  });
  await until(async () => {
    const { sessions } = await system.call(people.listSessions, { params: { project: project.key } });
    return sessions.some(({ id, status }) => id === session.id && status === "active");
  });
  const noted = path.join(repo, "environment");
  await until(async () => (await readdir(repo)).includes("environment"));
  const lines = (await readFile(noted, "utf8")).split("\n");
  const given = (variable: string) => lines.find((line) => line.startsWith(`${variable}=`))?.split("=", 2)[1] ?? "";
  const env = { ORCHESTRATIA_HUB_URL: hub.url, ORCHESTRATIA_API_KEY: given("ORCHESTRATIA_API_KEY") };
  return {
    repo,
    key: server.key,
    daemon,
    session: session.name,
    /** What the command line in this machine's session is called with. */
    env,
    /** Runs the command line in this machine's session. */
    run: (...argv: string[]) => runInProcess(argv, { env }),
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]();
      await rm(repo, { recursive: true, force: true });
    },
  };
}
