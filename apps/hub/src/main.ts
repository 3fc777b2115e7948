#!/usr/bin/env node
import { type Logger, pino } from "pino";
import { type Config, readConfig } from "./config.ts";
import { startEmbeddedPostgres } from "./db/embedded-postgres.ts";
import { acquireHubLock } from "./db/hub-lock.ts";
import { applyMigrations } from "./db/migrate.ts";
import { type Hub, startHub } from "./hub.ts";

/** Ctrl-C reaches the whole process group, and whoever started us may pass it on: one wish, not two. */
const SAME_WISH_MS = 2_000;

/** The hub's process: `starting → running → stopping → exit`, from any state on a signal. */
class HubProcess {
  readonly #config: Config;
  readonly #log: Logger;
  /** What was started, in order; stopped in reverse. */
  readonly #running: AsyncDisposable[] = [];
  #stoppingSince: number | undefined;

  constructor(config: Config, log: Logger) {
    this.#config = config;
    this.#log = log;
  }

  async start(): Promise<Hub> {
    const databaseUrl = this.#config.databaseUrl ?? (await this.#startPostgres());
    const onLost = (error: Error) => {
      this.#log.fatal({ err: error }, "the database has another hub now");
      void this.stop(1);
    };
    this.#running.push(await acquireHubLock(databaseUrl, { onLost }));
    const applied = await applyMigrations(databaseUrl);
    if (applied.length > 0) this.#log.info({ migrations: applied }, "the database was brought up to date");
    const hub = await startHub({ config: this.#config, databaseUrl, log: this.#log });
    this.#running.push(hub);
    return hub;
  }

  /** Drains and stops everything, Postgres last, and exits. Asked again later, it no longer waits for others. */
  async stop(exitCode: number): Promise<void> {
    if (this.#stoppingSince !== undefined) {
      if (performance.now() - this.#stoppingSince < SAME_WISH_MS) return;
      this.#log.warn("stopping without waiting any longer");
      await this.#running[0]?.[Symbol.asyncDispose]();
      process.exit(1);
    }
    this.#stoppingSince = performance.now();
    let code = exitCode;
    for (const part of this.#running.toReversed()) {
      try {
        await part[Symbol.asyncDispose]();
      } catch (error) {
        this.#log.error({ err: error }, "a part of the hub did not stop rightly");
        code = 1;
      }
    }
    process.exit(code);
  }

  async #startPostgres(): Promise<string> {
    const postgres = await startEmbeddedPostgres({ home: this.#config.home, log: this.#log });
    this.#running.push(postgres);
    return postgres.url;
  }
}

function readConfigOrExit(): Config {
  try {
    return readConfig();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  }
}

const config = readConfigOrExit();
const log = pino({ level: config.logLevel, base: null }, pino.destination({ fd: 2, sync: true }));
const hubProcess = new HubProcess(config, log);

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void hubProcess.stop(0));
// Whoever started us is gone.
process.on("disconnect", () => void hubProcess.stop(0));
process.on("uncaughtException", (error) => {
  log.fatal({ err: error }, "a bug ended the hub");
  void hubProcess.stop(1);
});

try {
  const { url, setupLink } = await hubProcess.start();
  // Whoever holds a channel to us prints the link; our output would put the secret into a log.
  if (process.send) process.send({ type: "ready", url, setup_link: setupLink ?? null });
  else process.stdout.write(`Orchestratia hub: ${url}${setupLink ? ` - set it up: ${setupLink}` : ""}\n`);
} catch (error) {
  log.fatal({ err: error }, "the hub could not start");
  process.stderr.write(`The hub could not start: ${error instanceof Error ? error.message : String(error)}\n`);
  await hubProcess.stop(1);
}
