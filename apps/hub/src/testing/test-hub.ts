import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { HubClient } from "@orchestratia/client/http";
import { registerServer } from "@orchestratia/protocol/operations/daemons";
import { createProject, createRegistrationToken, setup } from "@orchestratia/protocol/operations/people";
import type { Project } from "@orchestratia/protocol/projects";
import type { Registration } from "@orchestratia/protocol/servers";
import { pino } from "pino";
import type { z } from "zod";
import { type Config, readConfig } from "../config.ts";
import type { Database } from "../db/database.ts";
import { type Hub, type HubOptions, startHub } from "../hub.ts";
import { refuseStuck } from "./stuck.ts";
import { createTestDatabase, type TestDatabase } from "./test-database.ts";
import { undeclaredProblems } from "./undeclared-problems.ts";

export interface TestHubOptions extends Pick<HubOptions, "watch" | "streamBeatMs"> {
  config?: Partial<Config>;
  /** The way to the database, when it is not the straight one. */
  databaseThrough?: (url: string) => string;
}

export interface RegisteredServer {
  id: string;
  key: string;
  name: string;
  /** Signed with the server's key. */
  client: HubClient;
}

export const ADMIN = { email: "ada@example.org", name: "Ada", password: "correct horse battery" };

/** A whole hub, wired as in production, on a database and a port of its own. */
export class TestHub implements AsyncDisposable {
  readonly home: string;
  /** Every line that was logged, parsed. */
  readonly logged: Record<string, unknown>[] = [];
  readonly #database: TestDatabase;
  readonly #options: TestHubOptions;
  #hub: Hub | undefined;
  #adminHeaders: Promise<Record<string, string>> | undefined;

  constructor(home: string, database: TestDatabase, options: TestHubOptions) {
    this.home = home;
    this.#database = database;
    this.#options = options;
  }

  get hub(): Hub {
    if (!this.#hub) throw new Error("the hub is stopped");
    return this.#hub;
  }

  get url(): string {
    return this.hub.url;
  }

  get database(): Database {
    return this.hub.database;
  }

  get databaseUrl(): string {
    return this.#database.url;
  }

  async start(): Promise<void> {
    const write = (line: string) => this.logged.push(JSON.parse(line));
    const config = { ...readConfig({ PORT: "0", ORCHESTRATIA_HOME: this.home }), ...this.#options.config };
    const { watch, streamBeatMs, databaseThrough = (url: string) => url } = this.#options;
    this.#hub = await startHub({
      config,
      databaseUrl: databaseThrough(this.#database.url),
      log: pino({ level: process.env.LOG_LEVEL ?? "info" }, { write }),
      ...(watch && { watch }),
      ...(streamBeatMs !== undefined && { streamBeatMs }),
    });
  }

  /** Stops the hub gracefully; `start` starts another on the same home and database. */
  async stop(): Promise<void> {
    const hub = this.#hub;
    this.#hub = undefined;
    await hub?.[Symbol.asyncDispose]();
  }

  /** Throws when a task was left where nothing would ever happen to it, or a problem was answered that is not declared. */
  async [Symbol.asyncDispose](): Promise<void> {
    const hub = this.#hub;
    const stuck = hub && (await refuseStuck({ ...hub, sql: hub.database.sql }).catch((error: Error) => error));
    await this.stop();
    await this.#database[Symbol.asyncDispose]();
    await rm(this.home, { recursive: true, force: true });
    if (stuck) throw stuck;
    const undeclared = undeclaredProblems(this.logged);
    if (undeclared.length > 0) throw new Error(`answered and not declared: ${undeclared.join(", ")}`);
  }

  client(headers: Record<string, string> = {}): HubClient {
    return new HubClient({ baseUrl: this.url, headers: () => headers });
  }

  /** Answers whatever status comes. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(this.url + path, init);
  }

  /** The first admin, set up when first asked for. */
  async admin(): Promise<HubClient> {
    return this.client(await this.adminHeaders());
  }

  /** What signs the admin's requests. */
  adminHeaders(): Promise<Record<string, string>> {
    this.#adminHeaders ??= this.#setUp();
    return this.#adminHeaders;
  }

  /** Signed with the token of the hub's machine. */
  async system(): Promise<HubClient> {
    return this.client(await this.systemHeaders());
  }

  /** What signs the requests of the machine that the hub runs on. */
  async systemHeaders(): Promise<{ authorization: string }> {
    const token = await readFile(path.join(this.home, "local-token"), "utf8");
    return { authorization: `Bearer ${token}` };
  }

  setupToken(): string {
    return new URL(this.hub.setupLink ?? "").searchParams.get("token") ?? "";
  }

  async project(
    settings: z.input<typeof Project>["settings"] = {},
    key = `P${randomUUID().slice(0, 8).toUpperCase()}`,
  ): Promise<Project> {
    return (await this.system()).call(createProject, { body: { key, name: `Project ${key}`, settings } });
  }

  async registrationToken(project: { key: string }): Promise<string> {
    const system = await this.system();
    return (await system.call(createRegistrationToken, { params: { project: project.key }, body: {} })).token;
  }

  async registerServer(
    project: { key: string },
    report: Partial<z.input<typeof Registration>> = {},
  ): Promise<RegisteredServer> {
    const registration_token = await this.registrationToken(project);
    const body = {
      name: `server-${randomUUID().slice(0, 8)}`,
      machine_id: randomUUID(),
      ...report,
      registration_token,
    };
    const { id, api_key: key, name } = await this.client().call(registerServer, { body });
    return { id, key, name, client: this.client({ "x-api-key": key }) };
  }

  async #setUp(): Promise<Record<string, string>> {
    const body = { token: this.setupToken(), ...ADMIN };
    const { token } = await this.client().call(setup, { body });
    return { authorization: `Bearer ${token}` };
  }
}

/** `await using hub = await startTestHub()`: gone with the scope, its database too. */
export async function startTestHub(options: TestHubOptions = {}): Promise<TestHub> {
  const home = await mkdtemp(path.join(os.tmpdir(), "orchestratia-hub-"));
  const hub = new TestHub(home, await createTestDatabase(), options);
  try {
    await hub.start();
    return hub;
  } catch (error) {
    await hub[Symbol.asyncDispose]();
    throw error;
  }
}
