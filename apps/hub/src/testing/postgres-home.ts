import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { PostgresBinaries } from "../db/embedded-postgres/binaries.ts";
import { findPostmaster, stopPostmaster } from "../db/embedded-postgres/postmaster.ts";
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from "../db/embedded-postgres.ts";
import { createScratchFolder } from "./scratch-folder.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const program = fileURLToPath(new URL("./embedded-postgres-program.ts", import.meta.url));
const outside = "/var/lib/orchestratia";

export const isRoot = process.getuid?.() === 0;

export interface ChildOptions {
  as?: { uid: number; gid: number };
  binaries?: PostgresBinaries;
}

/** A Postgres that another node process started. */
export interface ChildServer {
  child: ChildProcessWithoutNullStreams;
  url: string;
  adopted: boolean;
  pid: number;
  outsideFolder: string | undefined;
}

/** A home for a test; whatever still runs on it ends with the scope, and nothing of it stays on the disk. */
export class PostgresHome implements AsyncDisposable {
  readonly path: string;
  readonly messages: string[] = [];
  readonly #children: ChildProcessWithoutNullStreams[] = [];

  constructor(home: string) {
    this.path = home;
  }

  file(name: string): string {
    return path.join(this.path, "postgres", name);
  }

  start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
    const say = (message: string) => void this.messages.push(message);
    return startEmbeddedPostgres({ home: this.path, log: { info: say, warn: say }, ...options });
  }

  /** A node process that starts the home's Postgres, in a process group of its own as a terminal would give it. */
  spawn({ as, binaries }: ChildOptions = {}): ChildProcessWithoutNullStreams {
    const args = ["--import", "tsx", "--conditions=development", program, "--home", this.path];
    if (as) args.push("--as", `${as.uid}:${as.gid}`);
    if (binaries) args.push("--binaries", JSON.stringify(binaries));
    const child = spawn(process.execPath, args, { cwd: root, detached: true });
    this.#children.push(child);
    return child;
  }

  async startInChild(options: ChildOptions = {}): Promise<ChildServer> {
    const child = this.spawn(options);
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text) => (errors += text));
    for await (const line of createInterface({ input: child.stdout })) return { child, ...JSON.parse(line) };
    throw new Error(`the child gave up: ${errors}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) await kill(child, "SIGKILL");
    for (const folder of [path.join(this.path, "postgres"), ...(await this.#outsideFolders())]) {
      const data = path.join(folder, "data");
      const left = await findPostmaster(data).catch(() => undefined);
      if (left) await stopPostmaster(left.pid, data);
      await rm(folder, { recursive: true, force: true });
    }
    await rm(this.path, { recursive: true, force: true });
  }

  /** Found by what is written in them, since a killed child tells nobody where it put its data. */
  async #outsideFolders(): Promise<string[]> {
    const names = await readdir(outside).catch(() => []);
    const folders = names.map((name) => path.join(outside, name));
    const owners = await Promise.all(
      folders.map((folder) => readFile(path.join(folder, "belongs-to"), "utf8").catch(() => "")),
    );
    return folders.filter((_, index) => owners[index]?.trim() === path.join(this.path, "postgres"));
  }
}

/** `open` lets the user in whom root runs Postgres as; a closed one is what `mktemp -d` makes. */
export async function createPostgresHome({ open }: { open: boolean } = { open: true }): Promise<PostgresHome> {
  const home = await createScratchFolder("orchestratia-home-");
  if (!open) await chmod(home, 0o700);
  return new PostgresHome(home);
}

export async function kill(child: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}
