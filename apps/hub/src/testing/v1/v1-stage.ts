import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { HubClient } from "@orchestratia/client/http";
import * as people from "@orchestratia/protocol/operations/people";
import type { Project } from "@orchestratia/protocol/projects";
import type { Session } from "@orchestratia/protocol/sessions";
import type { ServerId } from "@orchestratia/protocol/vocabulary";
import type { TestHub } from "../test-hub.ts";
import { until } from "../until.ts";
import { V1Cli } from "./v1-cli.ts";
import { SYSTEM_INFO, V1Daemon, type V1DaemonOptions } from "./v1-daemon.ts";
import { httpx, type V1Answer } from "./v1-http.ts";

/** What `orchestratia-agent --register` sends. */
export const registration = (registration_token: string, more: object = {}) => ({
  name: `v1-${randomUUID().slice(0, 8)}`,
  hostname: "v1.local",
  ip: "0.0.0.0",
  os: "linux",
  repos: {},
  system_info: SYSTEM_INFO,
  registration_token,
  machine_id: randomUUID().replaceAll("-", ""),
  mac_address: "02:42:ac:11:00:02",
  ...more,
});

export const register = (url: string, body: unknown): Promise<V1Answer> =>
  httpx({ method: "POST", url: `${url}/api/v1/servers/register`, body });

/** A project with version 1 daemons, everything made as they make it. */
export class V1Stage implements AsyncDisposable {
  readonly hub: TestHub;
  readonly project: Project;
  readonly admin: HubClient;
  readonly #cleanUp: (() => Promise<unknown>)[] = [];

  private constructor(hub: TestHub, project: Project, admin: HubClient) {
    this.hub = hub;
    this.project = project;
    this.admin = admin;
  }

  static async open(hub: TestHub, settings: Parameters<TestHub["project"]>[0] = {}): Promise<V1Stage> {
    return new V1Stage(hub, await hub.project({ auto_start_sessions: false, ...settings }), await hub.admin());
  }

  get params() {
    return { project: this.project.id };
  }

  /** Registered, beating and connected. */
  async daemon(options: Partial<V1DaemonOptions> = {}): Promise<V1Daemon & { serverId: ServerId }> {
    const token = await this.hub.registrationToken(this.project);
    const { text } = await register(this.hub.url, registration(token));
    const { id, api_key: key } = JSON.parse(text) as { id: ServerId; api_key: string };
    const home = await mkdtemp(path.join(os.tmpdir(), "orchestratia-v1-"));
    const daemon = new V1Daemon({ url: this.hub.url, key, home, ...options });
    this.#cleanUp.push(
      () => daemon[Symbol.asyncDispose](),
      () => rm(home, { recursive: true, force: true }),
    );
    await daemon.heartbeat();
    await daemon.connect();
    return Object.assign(daemon, { serverId: id });
  }

  /** A terminal that a person opened, without an agent in it. */
  async session(
    daemon: V1Daemon & { serverId: ServerId },
    more: { name?: string; role?: "worker" | "orchestrator"; agent?: string; working_directory?: string } = {},
  ): Promise<Session> {
    const body = { server_id: daemon.serverId, ...more };
    const session = await this.admin.call(people.createSession, { params: this.params, body });
    await this.sessionIs(session.id, "active");
    return session;
  }

  /** One in which an agent waits at its prompt: the hub has typed its command and seen its screen. */
  async worker(daemon: V1Daemon & { serverId: ServerId }, name?: string): Promise<Session> {
    const session = await this.session(daemon, { agent: "claude", ...(name !== undefined && { name }) });
    daemon.screen(session.id, "agent@v1:~$ ");
    await until(() => daemon.input.get(session.id) === "claude\r");
    daemon.screen(session.id, ...AT_PROMPT);
    await until(async () => (await this.view(session.id)).agent_status === "idle");
    return session;
  }

  view(session: string): Promise<Session> {
    return this.admin.call(people.viewSession, { params: { ...this.params, session } });
  }

  async sessionIs(session: string, status: Session["status"]): Promise<void> {
    await until(async () => (await this.view(session)).status === status);
  }

  /** The CLI as it runs in a session of the daemon, or outside of any. */
  cli(daemon: V1Daemon, session?: { id: string }): V1Cli {
    const env = { projectId: this.project.id, ...(session && { sessionId: session.id }) };
    return new V1Cli(this.hub.url, daemon.options.key, env);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cleanUp of this.#cleanUp) await cleanUp();
  }
}

/** What claude shows when it waits. */
export const AT_PROMPT = ["─────", "❯ ", "─────", "  ? for shortcuts"];
export const AT_WORK = ["✻ Thinking… (12s · esc to interrupt)", "─────", "❯ ", "─────"];
