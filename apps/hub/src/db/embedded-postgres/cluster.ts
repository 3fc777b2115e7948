import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { executable } from "./binaries.ts";
import type { Place } from "./place.ts";

/** Our role and our database. The superuser `postgres` has no password, so nobody can sign in as it. */
export const ROLE = "orchestratia";
export const DATABASE = "orchestratia";

const UNFINISHED = "unfinished-";

/** Nothing of the hub's environment, with its secrets, is shown to the server. */
export const serverEnvironment = { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };

/** Makes the data folder with our role and database in it, all or nothing. */
export async function createCluster(place: Place, password: string): Promise<void> {
  // Under another name until it is whole: whatever interrupts this, the next start begins again.
  // The name is a new one each time, as a forgotten initdb may still write into the former.
  const parent = path.dirname(place.dataFolder);
  for (const name of await readdir(parent)) {
    if (name.startsWith(UNFINISHED)) await rm(path.join(parent, name), { recursive: true, force: true, maxRetries: 3 });
  }
  const folder = await mkdtemp(path.join(parent, UNFINISHED));
  if (place.owner) await chown(folder, place.owner.uid, place.owner.gid);
  await initdb(place, folder);
  await writeFile(path.join(folder, "pg_hba.conf"), "host all all 127.0.0.1/32 scram-sha-256\n");
  await runAlone(place, folder, [
    `create role ${ROLE} login createdb password '${password}'`,
    `create database ${DATABASE} owner ${ROLE}`,
  ]);
  await rename(folder, place.dataFolder);
}

/** For a home whose password got lost. The server must be down. */
export const resetPassword = (place: Place, password: string): Promise<void> =>
  runAlone(place, place.dataFolder, [`alter role ${ROLE} password '${password}'`]);

/** The major version that the data was made by, or undefined when there is none yet. */
export async function dataVersion(dataFolder: string): Promise<number | undefined> {
  try {
    return Number.parseInt(await readFile(path.join(dataFolder, "PG_VERSION"), "utf8"), 10);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function initdb(place: Place, folder: string): Promise<void> {
  // Postgres 17 brings its own C.UTF-8, which sorts and folds alike on every system.
  const locale =
    place.binaries.major >= 17
      ? ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
      : ["--locale=C"];
  const { code, output } = await finished(
    spawn(
      executable(place.binaries, "initdb"),
      ["-D", folder, "-U", "postgres", "--encoding=UTF8", "--auth=reject", "--no-instructions", ...locale],
      spawnOptions(place),
    ),
  );
  if (code !== 0) throw new Error(`initdb failed: ${output.trim()}`);
}

/** Runs statements in single-user mode, which needs no password, and so no file to hand one over in. */
async function runAlone(place: Place, folder: string, statements: string[]): Promise<void> {
  const child = spawn(
    executable(place.binaries, "postgres"),
    ["--single", "-D", folder, "-c", "log_statement=none", "-c", "log_min_error_statement=panic", "postgres"],
    spawnOptions(place),
  );
  child.stdin?.end(statements.map((statement) => `${statement};\n`).join(""));
  const { code, output } = await finished(child);
  // Its exit code says nothing about the statements.
  const complaint = output.split("\n").find((line) => /\b(?:ERROR|FATAL|PANIC):/.test(line));
  if (code !== 0 || complaint) throw new Error(`preparing the Postgres data failed: ${complaint ?? output.trim()}`);
}

const spawnOptions = ({ owner }: Place): SpawnOptions => ({
  ...owner,
  cwd: "/",
  env: serverEnvironment,
  stdio: "pipe",
});

async function finished(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text) => (output += text));
  // A program that dies before it has read its input is reported by its exit code.
  child.stdin?.on("error", () => {});
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}
