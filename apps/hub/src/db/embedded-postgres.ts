import { mkdir, realpath } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findBinaries, type PostgresBinaries } from "./embedded-postgres/binaries.ts";
import { lockFolder } from "./embedded-postgres/folder-lock.ts";
import { launch, type Running, start } from "./embedded-postgres/launch.ts";
import { capLog } from "./embedded-postgres/log-file.ts";
import { choosePlace } from "./embedded-postgres/place.ts";
import { findPostmaster, isPostmaster, stopPostmaster } from "./embedded-postgres/postmaster.ts";

/** Told what happens to the server; a pino logger fits. */
interface PostgresLog {
  info(message: string): void;
  warn(message: string): void;
}

export interface EmbeddedPostgresOptions {
  /** The hub's data folder; the server's files go to `postgres` in it. */
  home: string;
  log: PostgresLog;
  /** Other binaries than the ones that the hub depends on. */
  binaries?: PostgresBinaries;
  /** Settings of Postgres, such as `{ max_connections: "300" }`. */
  settings?: Record<string, string>;
  /** Variables for the server, which sees none of ours. */
  environment?: Record<string, string>;
}

export interface EmbeddedPostgres extends AsyncDisposable {
  /** Holds the password: never log it. */
  readonly url: string;
  /** True when a server that a killed hub left behind was taken over as it ran. */
  readonly adopted: boolean;
  /** The server's process: another one after a crash. */
  readonly pid: number;
  /** The folder that holds the data when root could not keep it in the home. */
  readonly outsideFolder: string | undefined;
  /** Shuts the server down and waits until it is gone. Whatever uses the database must stop before. */
  stop(): Promise<void>;
}

const LOG_MAX_BYTES = 5_000_000;
/** Other systems than Linux start a program for each look. */
const WATCH_MS = process.platform === "linux" ? 200 : 2_000;

/**
 * Starts the home's own Postgres, or adopts the one that a killed hub left running, and keeps it running: when it dies
 * it is started again on the same port. Throws `FolderInUse` when another process has the home.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { home, log, settings = {}, environment = {} } = options;
  await mkdir(home, { recursive: true });
  // One home has one name, whichever links lead to it.
  const folder = path.join(await realpath(home), "postgres");
  await mkdir(folder, { recursive: true, mode: 0o711 });
  const lock = await lockFolder(folder);
  try {
    const place = await choosePlace(folder, options.binaries ?? (await findBinaries()));
    const say = (message: string) => log.info(message);
    return new Server(lock, log, await launch({ folder, place, settings, environment, say }));
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

/** Runs, and is started again while it runs, until it is stopped once and for all. */
class Server implements EmbeddedPostgres {
  readonly url: string;
  readonly adopted: boolean;
  readonly outsideFolder: string | undefined;
  readonly #lock: AsyncDisposable;
  readonly #log: PostgresLog;
  readonly #options: Running["options"];
  readonly #stopping = new AbortController();
  readonly #watching: Promise<void>;
  #pid: number;
  #stopped: Promise<void> | undefined;

  constructor(lock: AsyncDisposable, log: PostgresLog, { url, adopted, postmaster, options }: Running) {
    this.url = url;
    this.adopted = adopted;
    this.outsideFolder = options.place.outsideFolder;
    this.#lock = lock;
    this.#log = log;
    this.#options = options;
    this.#pid = postmaster.pid;
    this.#watching = this.#watch();
  }

  get pid(): number {
    return this.#pid;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
    const { dataFolder } = this.#options.place;
    const running = await findPostmaster(dataFolder);
    if (running) await stopPostmaster(running.pid, dataFolder);
    await this.#lock[Symbol.asyncDispose]();
  }

  /** Looks instead of listening for the child's end, since an adopted server is nobody's child. */
  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await delay(WATCH_MS, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      try {
        await capLog(this.#options.logFile, LOG_MAX_BYTES);
        if (!isPostmaster(this.#pid, this.#options.place.dataFolder)) await this.#restart();
      } catch (error) {
        this.#log.warn(`the database server could not be started again: ${(error as Error).message}`);
      }
    }
  }

  async #restart(): Promise<void> {
    this.#log.warn("the database server died and is started again");
    const outcome = await start(this.#options, new URL(this.url).password);
    if (typeof outcome === "string") throw new Error(outcome);
    this.#pid = outcome.pid;
    this.#log.info("the database server is back");
  }
}
