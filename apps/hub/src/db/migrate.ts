import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { advisoryLockKeys } from "./advisory-lock-keys.ts";

/** The project's migrations, seen from `src/db` and from `dist/db` alike. */
const migrationsFolder = fileURLToPath(new URL("../../../../prisma/migrations", import.meta.url));

/** The database's history and the migrations at hand do not belong together; somebody must look at it. */
export class MigrationRefused extends Error {
  override readonly name = "MigrationRefused";
}

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

interface HistoryRow {
  migration_name: string;
  checksum: string;
  finished_at: Date | null;
}

/**
 * Brings the database up to date and returns the names of the migrations it applied. Each runs in one transaction
 * with its row in `_prisma_migrations`, so one that fails leaves nothing behind and the next start tries it again.
 * (Prisma's own `migrate deploy` records a failure in a row of its own and refuses to go on from there.)
 */
export async function applyMigrations(url: string, folder: string = migrationsFolder): Promise<string[]> {
  const migrations = await readMigrations(folder);
  const client = new pg.Client({ connectionString: url, application_name: "orchestratia-migrations" });
  await client.connect();
  try {
    // Held by the session: two hubs that start at once queue up here, and the second finds nothing left to do.
    await client.query("select pg_advisory_lock($1)", [advisoryLockKeys.migrations]);
    const done = await readHistory(client);
    refuseForeignHistory(migrations, done);
    const pending = migrations.filter(({ name }) => !done.has(name));
    for (const migration of pending) await apply(client, migration);
    return pending.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(path.join(folder, name, "migration.sql"), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

async function readHistory(client: pg.Client): Promise<Map<string, HistoryRow>> {
  // Letter for letter the table that Prisma's tools make.
  await client.query(`create table if not exists public._prisma_migrations (
    id varchar(36) primary key not null,
    checksum varchar(64) not null,
    finished_at timestamptz,
    migration_name varchar(255) not null,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz not null default now(),
    applied_steps_count integer not null default 0
  )`);
  const { rows } = await client.query<HistoryRow>(
    "select migration_name, checksum, finished_at from public._prisma_migrations where rolled_back_at is null",
  );
  return new Map(rows.map((row) => [row.migration_name, row]));
}

function refuseForeignHistory(migrations: Migration[], done: Map<string, HistoryRow>): void {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { migration_name: name, checksum, finished_at } of done.values()) {
    const migration = known.get(name);
    if (!migration) {
      throw new MigrationRefused(`the database has the migration ${name}, which this version does not know: ${NEWER}`);
    }
    if (!finished_at) {
      throw new MigrationRefused(`the migration ${name} was left unfinished by another tool: ${UNFINISHED}`);
    }
    if (migration.checksum !== checksum) {
      throw new MigrationRefused(`the migration ${name} was edited after it had been applied: ${EDITED}`);
    }
  }
}

const NEWER = "it was used by a newer version of the hub. Start that version, or restore a backup from before.";
const UNFINISHED = "mend the database, then mark it with `node scripts/prisma.mjs migrate resolve`.";
const EDITED = "restore the file as it was and put the change into a new migration.";

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  const startedAt = new Date();
  try {
    await client.query("begin");
    await client.query(sql);
    await client.query(
      `insert into public._prisma_migrations
         (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       values ($1, $2, $3, $4, clock_timestamp(), 1)`,
      [randomUUID(), checksum, name, startedAt],
    );
    await client.query("commit");
  } catch (cause) {
    await client.query("rollback").catch(() => {});
    throw new Error(`the migration ${name} failed and was undone: ${(cause as Error).message}`, { cause });
  }
}
