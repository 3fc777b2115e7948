/**
 * Runs the Prisma CLI of apps/hub without downloading anything: `node scripts/prisma.mjs generate`.
 * Paths in the arguments are relative to the repository's root; the database comes from DATABASE_URL.
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const engine = path.join(root, "scripts/schema-engine.mjs");
const cli = createRequire(path.join(root, "apps/hub/package.json")).resolve("prisma/build/index.js");

/** A checkout may lose the executable bit (an archive, some file systems), and the CLI insists on it. */
function makeExecutable(file) {
  const { mode } = fs.statSync(file);
  if ((mode & 0o100) === 0) fs.chmodSync(file, mode | 0o111);
}

makeExecutable(engine);
const { status, error } = spawnSync(
  process.execPath,
  [cli, ...process.argv.slice(2), "--config", path.join(root, "apps/hub/prisma.config.ts")],
  {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: engine,
      // The engine's first line asks for `node`: let it be the one that runs this.
      PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ""}`,
      CHECKPOINT_DISABLE: "1",
      PRISMA_HIDE_UPDATE_MESSAGE: "1",
    },
  },
);
if (error) throw error;
process.exitCode = status ?? 1;
