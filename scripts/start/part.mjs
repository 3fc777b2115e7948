import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { processStart } from "../process-identity.mjs";
import { Refusal } from "../refusal.mjs";
import { lastLines, sizeOf, trim } from "./log-file.mjs";

/** One that lived so long may start again at once when it ends. */
const STEADY_MS = 60_000;
const MAX_PAUSE_MS = 10_000;
const MAX_QUICK_ENDS = 6;
/** For what a process that was killed still has to do. */
const KILLED_MS = 3_000;

export const logFile = (home, name) => path.join(home, "logs", `${name}.log`);
const recordFile = (home, name) => path.join(home, "run", `${name}.json`);

/**
 * One program of ours: `idle → running ⇄ pausing → stopped`. It lives in a process group of its own, so that a Ctrl-C
 * reaches the supervisor alone, and holds a channel to us, so that it notices when we are gone. When it ends by itself
 * it is started again, after a pause that grows.
 */
export class Part {
  #options;
  #child;
  #ended;
  #stopping = false;
  #quickEnds = 0;

  /** `options`: name, args for node, env, home, graceMs, forceMs?, onMessage?, onEnd({how, lines, mayRestart}). */
  constructor(options) {
    this.#options = options;
  }

  get name() {
    return this.#options.name;
  }

  get log() {
    return logFile(this.#options.home, this.name);
  }

  start() {
    const { home, name, args, env, onMessage } = this.#options;
    for (const folder of ["logs", "run"]) mkdirSync(path.join(home, folder), { recursive: true, mode: 0o700 });
    trim(this.log);
    const log = openSync(this.log, "a", 0o600);
    const logged = sizeOf(this.log);
    const since = Date.now();
    const child = spawn(process.execPath, args, { cwd: home, env, detached: true, stdio: ["ignore", log, log, "ipc"] });
    closeSync(log);
    this.#child = child;
    if (onMessage) child.on("message", onMessage);
    this.#ended = new Promise((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, signal) => resolve(signal ? `was killed by ${signal}` : `ended with code ${code}`));
    });
    if (child.pid !== undefined) {
      const record = { pid: child.pid, start: processStart(child.pid) };
      writeFileSync(recordFile(home, name), JSON.stringify(record), { mode: 0o600 });
    }
    void this.#ended.then((how) => this.#onEnd(how, Date.now() - since, logged));
  }

  async #onEnd(how, livedMs, logged) {
    rmSync(recordFile(this.#options.home, this.name), { force: true });
    if (this.#stopping) return;
    this.#quickEnds = livedMs > STEADY_MS ? 0 : this.#quickEnds + 1;
    const mayRestart = this.#quickEnds < MAX_QUICK_ENDS;
    const restarts = this.#options.onEnd({ how, lines: lastLines(this.log, logged), mayRestart });
    if (!restarts) return;
    await delay(Math.min(MAX_PAUSE_MS, 250 * 2 ** this.#quickEnds));
    if (!this.#stopping) this.start();
  }

  /** Waits until `promise` is kept; throws a `Refusal` when the program ends before. */
  async unlessItEnds(promise) {
    const logged = sizeOf(this.log);
    const ended = this.#ended.then((how) => {
      throw new Refusal(
        `The ${this.name} ${how} while it started. ${this.log} ends with:\n${lastLines(this.log, Math.max(0, logged - 4_000))}`,
      );
    });
    return Promise.race([promise, ended]);
  }

  /**
   * Asks it to stop, asks again when `signal` aborts, and kills it when it takes too long. Resolves to true when it had
   * to be killed.
   */
  async stop(signal) {
    this.#stopping = true;
    const { graceMs, forceMs = 0 } = this.#options;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return false;
    child.kill("SIGTERM");
    if (await this.#endsBefore(delay(graceMs, undefined, { ref: false }), aborted(signal))) return false;
    if (forceMs > 0 && signal.aborted) {
      child.kill("SIGTERM");
      if (await this.#endsBefore(delay(forceMs))) return false;
    }
    child.kill("SIGKILL");
    await this.#endsBefore(delay(KILLED_MS));
    return true;
  }

  #endsBefore(...limits) {
    return Promise.race([this.#ended.then(() => true), ...limits.map((limit) => limit.then(() => false))]);
  }
}

const aborted = (signal) =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", resolve, { once: true });
  });
