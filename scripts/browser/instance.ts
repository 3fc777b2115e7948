import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createScratchFolder } from "../../apps/hub/src/testing/scratch-folder.ts";
import { LocalHub, readLocalToken } from "../local-hub.mjs";
import { findFreePort } from "../start/ports.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Where a hub that root runs keeps its Postgres when others may not enter its home. */
const outsideHomes = "/var/lib/orchestratia";

/** A whole instance, as `npm start` makes it, in a home and on a port of its own. */
export class Instance {
  readonly home: string;
  readonly url: string;
  /** Undefined once the hub has its admin. */
  readonly setupLink: string | undefined;
  /** For programs that shall find this instance. */
  readonly env: NodeJS.ProcessEnv;
  readonly #process: ChildProcess;

  private constructor(
    process: ChildProcess,
    given: { home: string; url: string; setupLink: string | undefined; env: NodeJS.ProcessEnv },
  ) {
    this.#process = process;
    this.home = given.home;
    this.url = given.url;
    this.setupLink = given.setupLink;
    this.env = given.env;
  }

  /** In the home of an instance that was stopped, or in a new one. */
  static async start(formerHome?: string): Promise<Instance> {
    const home = formerHome ?? (await createScratchFolder("orchestratia-"));
    const { DATABASE_URL: _, PUBLIC_URL: __, HOST: ___, ...rest } = process.env;
    const port = await findFreePort();
    const env = { ...rest, ORCHESTRATIA_HOME: home, PORT: String(port) };
    const child = spawn(process.execPath, [join(root, "scripts/start.mjs")], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const printed = await printedUntilReady(child);
    const setupLink = /http:\S+\/setup\?token=\S+/.exec(printed)?.[0];
    return new Instance(child, { home, url: `http://127.0.0.1:${port}`, setupLink, env });
  }

  /** As programs of the machine's owner use it. */
  get hub(): LocalHub {
    return LocalHub.withToken(this.url, readLocalToken(this.home));
  }

  /** Leaves the home as it is. Answers the exit code. */
  async stop(): Promise<number | null> {
    if (this.#process.exitCode === null) {
      this.#process.kill("SIGTERM");
      await once(this.#process, "exit");
    }
    return this.#process.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    for (const folder of [this.home, ...(await foldersOutside(this.home))]) {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function printedUntilReady(child: ChildProcess): Promise<string> {
  let printed = "";
  await new Promise<void>((resolve, reject) => {
    const take = (chunk: Buffer) => {
      printed += chunk;
      if (printed.includes("Orchestratia is ready") && /Stop .*\n/.test(printed)) resolve();
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    child.once("exit", (code) => reject(new Error(`npm start ended with ${code}:\n${printed}`)));
  });
  return printed;
}

async function foldersOutside(home: string): Promise<string[]> {
  const names = await readdir(outsideHomes).catch(() => []);
  const owned = await Promise.all(
    names.map(async (name) => {
      const owner = await readFile(join(outsideHomes, name, "belongs-to"), "utf8").catch(() => "");
      return owner.startsWith(`${home}/`) ? [join(outsideHomes, name)] : [];
    }),
  );
  return owned.flat();
}
