import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { processesOf } from "./processes.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The first start of a clone builds. */
const READY_MS = 240_000;

/** Waits until `look` finds something; throws with `what` when it does not in time. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 30_000,
): Promise<T> {
  for (const since = Date.now(); Date.now() - since < limitMs; await delay(50)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`waited ${limitMs} ms in vain until ${what}`);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** A data folder that goes with whatever still runs on it, and with what root's Postgres keeps elsewhere. */
export class Home implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<Home> {
    return new Home(await mkdtemp(path.join(tmpdir(), "orchestratia-home-")));
  }

  /** The instance's processes, but for Ctrl-C's own. */
  processes(): string[] {
    return processesOf(this.folder).map(({ pid, command }) => `${pid} ${command}`);
  }

  pidOf(part: "hub" | "agent" | "dashboard"): number {
    const { pid } = JSON.parse(readFileSync(path.join(this.folder, "run", `${part}.json`), "utf8")) as { pid: number };
    return pid;
  }

  get localToken(): string {
    return readFileSync(path.join(this.folder, "local-token"), "utf8").trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { pid } of processesOf(this.folder)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended meanwhile.
      }
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
    for (const folder of this.#outside()) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #outside(): string[] {
    const parent = "/var/lib/orchestratia";
    try {
      return readdirSync(parent)
        .map((name) => path.join(parent, name))
        .filter((folder) => readFileSync(path.join(folder, "belongs-to"), "utf8").startsWith(`${this.folder}/`));
    } catch {
      return [];
    }
  }
}

/** A real `npm start`, in a process group of its own as in a terminal. */
export class Instance implements AsyncDisposable {
  readonly port: number;
  readonly #npm: ChildProcess;
  /** All that it printed. */
  output = "";
  /** Its exit code, once npm has ended. */
  readonly ended: Promise<number | null>;

  private constructor(npm: ChildProcess, port: number) {
    this.#npm = npm;
    this.port = port;
    for (const stream of [npm.stdout, npm.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
      });
    }
    this.ended = once(npm, "close").then(([code]) => code as number | null);
  }

  /** Types the command; `ready()` waits for what it prints. */
  static spawn(home: Home, port: number, args: string[] = []): Instance {
    const {
      npm_lifecycle_event: _,
      npm_execpath: __,
      DATABASE_URL: ___,
      PUBLIC_URL: ____,
      HOST: _____,
      ...env
    } = process.env;
    const command = ["start", ...(args.length > 0 ? ["--", ...args] : [])];
    const npm = spawn("npm", command, {
      cwd: root,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...env, ORCHESTRATIA_HOME: home.folder, PORT: String(port) },
    });
    return new Instance(npm, port);
  }

  static async start(home: Home, args: string[] = []): Promise<Instance> {
    return Instance.spawn(home, await freePort(), args).ready();
  }

  async ready(): Promise<this> {
    const isReady = until("it is ready", () => /Orchestratia is ready.*\n/.test(this.output), READY_MS);
    const outcome = await Promise.race([isReady, this.ended]).catch((error: Error) => error);
    if (outcome !== true) throw new Error(`npm start did not become ready (${outcome}):\n${this.output}`);
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get setupLink(): string | undefined {
    return /Set it up, once +(\S+)/.exec(this.output)?.[1];
  }

  /** As Ctrl-C does: to the whole process group. */
  interrupt(): void {
    process.kill(-this.#pid, "SIGINT");
  }

  terminate(): void {
    process.kill(this.#pid, "SIGTERM");
  }

  /** Kills npm alone, without a chance to tell anybody. */
  killNpm(): void {
    process.kill(this.#pid, "SIGKILL");
  }

  /** Kills the process that keeps the others. */
  killSupervisor(home: Home): void {
    const [name] = readdirSync(path.join(home.folder, "run")).filter((each) => each.startsWith("supervisor."));
    process.kill(Number(name?.split(".")[1]), "SIGKILL");
  }

  get #pid(): number {
    if (this.#npm.pid === undefined) throw new Error("npm could not be started");
    return this.#npm.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#npm.exitCode !== null || this.#npm.signalCode !== null) return;
    this.terminate();
    await Promise.race([this.ended, delay(20_000, undefined, { ref: false })]);
  }
}
