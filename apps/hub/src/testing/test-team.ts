import { HubClient, RefusedError } from "@orchestratia/client/http";
import * as people from "@orchestratia/protocol/operations/people";
import * as tasks from "@orchestratia/protocol/operations/people-tasks";
import type { ProblemCode } from "@orchestratia/protocol/problems";
import type { NewTask, Task } from "@orchestratia/protocol/tasks";
import type { ServerId, SessionId, SessionRole } from "@orchestratia/protocol/vocabulary";
import type { z } from "zod";
import { FakeDaemon } from "./fake-daemon.ts";
import { until } from "./until.ts";

/** A session with its own token, as the agent in it uses it. */
export interface TestAgent {
  id: SessionId;
  name: string;
  token: string;
  client: HubClient;
}

export type TestTeam = Awaited<ReturnType<typeof openTestTeam>>;

let teams = 0;

/** A project of its own with one connected server, on which agents can be started. All of it is made through doors. */
export async function openTestTeam({ url, admin }: { url: string; admin: HubClient }) {
  teams += 1;
  const key = `TEAM${teams}`;
  const { id: project } = await admin.call(people.createProject, { body: { key, name: `Team ${teams}` } });
  const params = { project };
  const { token } = await admin.call(people.createRegistrationToken, { params, body: {} });
  const daemon = await FakeDaemon.register(url, { registration_token: token, name: `box-${teams}` });
  await daemon.heartbeat();
  await daemon.connect();
  // Recorded beside the connection: what a test counts afterwards is its own.
  const connected = { params, query: { event_type: "server.connected" } };
  await until(async () => (await admin.call(people.listActivity, connected)).activity.length > 0);

  async function startAgent(role: z.infer<typeof SessionRole> = "worker", name?: string): Promise<TestAgent> {
    const body = { server_id: daemon.serverId as ServerId, role, ...(name === undefined ? {} : { name }) };
    const session = await admin.call(people.createSession, { params, body });
    const { session_token: token } = await daemon.next("session_start");
    if (token === undefined) throw new Error("the hub sent no session token");
    const which = { params: { project, session: session.id } };
    await until(async () => (await admin.call(people.viewSession, which)).status === "active");
    return { id: session.id, name: session.name, token, client: clientWithKey(url, token) };
  }

  return {
    project,
    key,
    daemon,
    admin,
    /** With the server's own key, as version 1 clients use it. */
    server: daemon.client,
    startAgent,
    /** Made by the admin; the matcher leaves it alone unless the task says otherwise. */
    addTask: (task: Partial<z.input<typeof NewTask>> = {}): Promise<Task> =>
      admin.call(tasks.createTask, {
        params,
        body: { title: "A task", spec: "Do it.", auto_assign: false, ...task },
      }),
    give: (task: Task, agent: TestAgent): Promise<Task> =>
      admin.call(tasks.assignTask, { params: { project, task: task.key }, body: { session_id: agent.id } }),
    async [Symbol.asyncDispose]() {
      await daemon[Symbol.asyncDispose]();
    },
  };
}

export const clientWithKey = (url: string, key: string): HubClient =>
  new HubClient({ baseUrl: url, headers: () => ({ "x-api-key": key }) });

/** The problem that a call is refused with; undefined when it is not refused. */
export async function refusal(call: Promise<unknown>): Promise<RefusedError | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof RefusedError) return error;
    throw error;
  }
}

/** The code alone. */
export const refusalCode = async (call: Promise<unknown>): Promise<ProblemCode | undefined> =>
  (await refusal(call))?.code;
