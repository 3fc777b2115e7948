/** The hub's reminder of a task that nobody began, as a real daemon types it. */
import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startTestDaemon } from "../apps/agent/src/testing/test-daemon.ts";
import { startTestHub } from "../apps/hub/src/testing/test-hub.ts";
import { until } from "../apps/hub/src/testing/until.ts";
import * as people from "../packages/protocol/src/operations/people.ts";
import * as tasks from "../packages/protocol/src/operations/people-tasks.ts";
import type { ServerId } from "../packages/protocol/src/vocabulary.ts";

/** An agent that writes down what is typed and begins nothing. */
const deaf = {
  name: "deaf",
  command: `while printf 'deaf> '; read -r line; do echo "$line" >> typed; done`,
  prompt: "deaf> $",
};

test.each([
  ["work", {}],
  ["planning", { require_plan_approval: true }],
])(
  "%s that was delivered and is not begun is typed again after 10 minutes, and when a person answers so",
  async (_, settings) => {
    await using hub = await startTestHub();
    const system = await hub.system();
    const project = await hub.project(settings);
    const params = { project: project.key };
    const server = await hub.registerServer(project, { name: "here" });
    const folder = await realpath(await mkdtemp(path.join(tmpdir(), "orchestratia-reminder-")));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const registration = {
      hub_url: hub.url,
      project_id: project.id,
      server_id: server.id,
      name: "here",
      api_key: server.key,
    };
    await using _daemon = await startTestDaemon(hub.url, { registrations: [registration], agents: [deaf] });
    await until(async () => {
      const { servers } = await system.call(people.listServers, { params });
      return servers.some(({ reachable, agents }) => reachable && agents.length > 0);
    });
    const session = await system.call(people.createSession, {
      params,
      body: {
        server_id: server.id as ServerId,
        name: "here",
        agent: "deaf",
        role: "worker",
        working_directory: folder,
      },
    });
    const typed = async () => {
      const text = await readFile(path.join(folder, "typed"), "utf8").catch(() => "");
      return text.split("\n").filter((line) => line.startsWith("A task is waiting for you")).length;
    };
    /** Typed so often, which the hub knows, and the agent is at its prompt again. */
    const isTyped = (times: number) =>
      until(async () => {
        const { sessions } = await system.call(people.listSessions, { params });
        const told = await hub.database.sql.query("select from tasks where delivered_at is not null");
        const isIdle = sessions.some(({ id, agent_status }) => id === session.id && agent_status === "idle");
        return isIdle && (await typed()) === times && told.length === Math.min(times, 1);
      });
    const passTenMinutes = async () => {
      await hub.database.sql.query(
        "update tasks set told_at = told_at - interval '10 minutes', reminded_at = reminded_at - interval '10 minutes'",
      );
      await hub.hub.engine.rederive();
    };

    await isTyped(0);
    const body = { title: "A task", spec: "Do it.", auto_assign: false };
    const task = await system.call(tasks.createTask, { params, body });
    await system.call(tasks.assignTask, { params: { ...params, task: task.id }, body: { session_id: session.id } });
    await isTyped(1);
    await passTenMinutes();
    await isTyped(2);
    await passTenMinutes();
    const { interventions } = await system.call(people.listInterventions, { params });
    const [question] = interventions.filter(({ cause }) => cause === "not_started");
    await system.call(people.respondIntervention, {
      params: { ...params, intervention: question?.id ?? "" },
      body: { response: "Deliver again" },
    });
    await isTyped(3);
    expect(interventions).toHaveLength(1);
  },
);
