/**
 * Keeps one instance running: `starting → ready → stopping → gone`. It starts the dashboard, the hub (which brings its
 * own Postgres) and this machine's daemon, and stops them the other way round, the database last.
 */
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Refusal } from "./refusal.mjs";
import { ensureDemo } from "./start/demo-setup.mjs";
import { endPostgres, endSessions } from "./start/leftovers.mjs";
import { daemonArguments, daemonConnected, followHub, registerDaemon } from "./start/local-daemon.mjs";
import { trim } from "./start/log-file.mjs";
import { Part } from "./start/part.mjs";
import { findFreePort } from "./start/ports.mjs";
import { hubEnvironment, partEnvironment } from "./start/settings.mjs";

const READY_PATIENCE_MS = 60_000;
const CONNECT_PATIENCE_MS = 30_000;
const LOG_LOOK_MS = 60_000;

export class Supervisor {
  #root;
  #settings;
  #say;
  #daemon;
  #dashboard;
  #hub;
  #isReady = false;
  #stopped;
  #force = new AbortController();
  #exitCode;
  #end;

  /** Resolves with the exit code when the instance ended, by whatever cause. */
  ended = new Promise((resolve) => {
    this.#end = resolve;
  });

  constructor({ root, settings, say }) {
    this.#root = root;
    this.#settings = settings;
    this.#say = say;
  }

  /** Resolves with `{ url, setupLink }` when people can use it. Throws a `Refusal` when it cannot start. */
  async start() {
    const { home, localUrl } = this.#settings;
    mkdirSync(home, { recursive: true, mode: 0o711 });
    const env = partEnvironment(this.#settings);
    const dashboardUrl = await this.#startDashboard(env);
    const { url, setup_link: setupLink } = await this.#startHub(env, dashboardUrl);
    await this.#hub.unlessItEnds(this.#untilReady());
    await followHub({ home, localUrl });
    await this.#startDaemon(env);
    this.#isReady = true;
    setInterval(() => this.#trimLogs(), LOG_LOOK_MS).unref();
    return { url, setupLink: setupLink ?? undefined };
  }

  async #startDashboard(env) {
    const server = path.join(this.#root, "apps/dashboard/.next/standalone/apps/dashboard/server.js");
    const port = await findFreePort();
    this.#dashboard = this.#part("dashboard", {
      args: [path.join(this.#root, "scripts/start/dashboard.mjs"), server],
      env: { ...env, PORT: String(port), HOSTNAME: "127.0.0.1", NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
      graceMs: 5_000,
    });
    this.#dashboard.start();
    return `http://127.0.0.1:${port}`;
  }

  /** Resolves with what the hub says when it listens. */
  async #startHub(env, dashboardUrl) {
    const { port, host } = this.#settings;
    let onMessage;
    const ready = new Promise((resolve) => {
      onMessage = (message) => message?.type === "ready" && resolve(message);
    });
    this.#hub = this.#part("hub", {
      args: [path.join(this.#root, "apps/hub/dist/main.js")],
      env: { ...env, ...hubEnvironment(), PORT: String(port), HOST: host, DASHBOARD_URL: dashboardUrl },
      graceMs: 50_000,
      forceMs: 6_000,
      onMessage,
    });
    this.#hub.start();
    return this.#hub.unlessItEnds(ready);
  }

  async #untilReady() {
    const { localUrl } = this.#settings;
    let last;
    for (const since = Date.now(); Date.now() - since < READY_PATIENCE_MS; await delay(50)) {
      try {
        const response = await fetch(`${localUrl}/readyz`);
        if (response.ok) return;
        last = await response.text();
      } catch (error) {
        last = error.cause?.message ?? error.message;
      }
    }
    throw new Refusal(`The hub does not become ready: ${last}`);
  }

  async #startDaemon(env) {
    const { home, localUrl, keepSessions } = this.#settings;
    const token = readFileSync(path.join(home, "local-token"), "utf8").trim();
    const registration = await ensureDemo({ url: localUrl, home, token, root: this.#root });
    if (registration) await registerDaemon({ root: this.#root, home, token: registration, env });
    this.#daemon = this.#part("agent", {
      args: daemonArguments({ root: this.#root, home, keepSessions }),
      env,
      graceMs: 15_000,
    });
    this.#daemon.start();
    const connected = daemonConnected({ home, localUrl, token, patienceMs: CONNECT_PATIENCE_MS });
    if (!(await this.#daemon.unlessItEnds(connected))) {
      this.#say(`This machine's daemon is not connected yet; ${this.#daemon.log} says why`);
    }
  }

  #part(name, options) {
    if (this.#stopped) throw new Refusal("Stopped");
    const { home } = this.#settings;
    const onEnd = ({ how, lines, mayRestart }) => {
      if (!this.#isReady || this.#stopped) return false;
      this.#say(`The ${name} ${how}${mayRestart ? " and is started again" : ", again and again"}:\n${lines}`);
      if (!mayRestart) void this.stop(1);
      return mayRestart;
    };
    return new Part({ name, home, onEnd, ...options });
  }

  #trimLogs() {
    for (const part of [this.#daemon, this.#dashboard, this.#hub]) trim(part.log);
  }

  get isStopping() {
    return this.#stopped !== undefined;
  }

  /** Stops everything in order. After `force` it no longer waits for anything. */
  stop(exitCode) {
    this.#exitCode ??= exitCode;
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  force() {
    this.#exitCode = 1;
    this.#force.abort();
    return this.stop(1);
  }

  async #stop() {
    const { home, keepSessions } = this.#settings;
    const { signal } = this.#force;
    await this.#daemon?.stop(signal);
    if (!keepSessions) await endSessions(home);
    await this.#dashboard?.stop(signal);
    await this.#hub?.stop(signal);
    await endPostgres(home);
    this.#end(this.#exitCode);
  }
}
