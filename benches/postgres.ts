import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startEmbeddedPostgres } from "../apps/hub/src/db/embedded-postgres.ts";
import { applyMigrations } from "../apps/hub/src/db/migrate.ts";

/** A Postgres for one measurement, with default durability; `flush` says what a flush costs in it. */
export interface BenchPostgres extends AsyncDisposable {
  url: string;
  flush: string;
}

/** What each fsync costs on top, in microseconds: a virtual disk's flush may be nearly free, a real one's is not. */
const SLOW_FLUSH_US = 1_000;

/** The machine's own flush first, then the slow one where a C compiler can build it. */
export async function* postgresKinds(): AsyncGenerator<BenchPostgres> {
  yield await startPostgres("as it is", {});
  const library = buildSlowFlush();
  if (library === undefined) {
    console.log("no C compiler here: the half with a slow flush is skipped");
    return;
  }
  yield await startPostgres(`+${SLOW_FLUSH_US / 1000} ms`, { LD_PRELOAD: library, FSYNC_US: String(SLOW_FLUSH_US) });
}

async function startPostgres(flush: string, environment: Record<string, string>): Promise<BenchPostgres> {
  const home = mkdtempSync(path.join(os.tmpdir(), "orchestratia-bench-"));
  chmodSync(home, 0o755);
  const server = await startEmbeddedPostgres({
    home,
    log: { info() {}, warn: console.warn },
    settings: { max_connections: "200", shared_buffers: "256MB" },
    environment,
  });
  await applyMigrations(server.url);
  return {
    url: server.url,
    flush,
    async [Symbol.asyncDispose]() {
      await server.stop();
      for (const folder of [home, server.outsideFolder]) if (folder) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function buildSlowFlush(): string | undefined {
  const folder = mkdtempSync(path.join(os.tmpdir(), "orchestratia-slow-flush-"));
  chmodSync(folder, 0o755);
  const library = path.join(folder, "slow-flush.so");
  const source = fileURLToPath(new URL("./slow-flush.c", import.meta.url));
  for (const compiler of ["cc", "gcc", "clang"]) {
    try {
      execFileSync(compiler, ["-O2", "-shared", "-fPIC", "-o", library, source, "-ldl"], { stdio: "ignore" });
      if (existsSync(library)) return library;
    } catch {
      // The next one may be there.
    }
  }
  return undefined;
}
