/** Ends what a part that was killed can no longer end itself. */
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import path from "node:path";
import { commandLine, endProcess, isAlive } from "../process-identity.mjs";

/** A hub drains for up to 10 s and then waits for its database. */
const PART_STEPS = [
  [undefined, 45_000],
  ["SIGTERM", 10_000],
  ["SIGKILL", 2_000],
];
const HOLDER_STEPS = [
  ["SIGTERM", 4_000],
  ["SIGKILL", 1_000],
];
const POSTGRES_STEPS = [
  ["SIGINT", 15_000],
  ["SIGQUIT", 5_000],
  ["SIGKILL", 1_000],
];

/** Waits for the parts of a supervisor that was killed: they stop by themselves, if they can. */
export async function endParts(home, say) {
  const left = readRecords(home).filter(isAlive);
  if (left.length > 0) say("Waiting for what is left of the last run to end");
  await Promise.all(left.map(({ pid }) => endProcess(pid, PART_STEPS)));
}

function readRecords(home) {
  const folder = path.join(home, "run");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => {
      const file = path.join(folder, name);
      const record = readJson(file);
      if (record && isAlive(record)) return [record];
      rmSync(file, { force: true });
      return [];
    });
}

/** Ends terminals that no daemon is there to end. */
export async function endSessions(home) {
  const folder = path.join(home, "agent/sessions");
  if (!existsSync(folder)) return;
  await Promise.all(
    readdirSync(folder).map(async (id) => {
      const record = readJson(path.join(folder, id, "session.json"));
      // The holder's title names its session: a stranger with its number does not.
      if (!record || commandLine(record.holder_pid)?.includes(`orchestratia-holder ${id}`) !== true) return;
      await endProcess(record.holder_pid, HOLDER_STEPS);
    }),
  );
}

/** Stops the home's Postgres when its hub was killed. */
export async function endPostgres(home) {
  for (const folder of postgresFolders(home)) {
    const [pid] = readLines(path.join(folder, "postmaster.pid"));
    if (pid && commandLine(Number(pid))?.includes(`postgres -D ${folder} `))
      await endProcess(Number(pid), POSTGRES_STEPS);
  }
}

/** Root's hub keeps the data in a place of its own when the server's user cannot reach the home. */
function postgresFolders(home) {
  const outside = "/var/lib/orchestratia";
  if (!existsSync(path.join(home, "postgres"))) return [];
  const inside = path.join(realpathSync(home), "postgres");
  const others = existsSync(outside) ? readdirSync(outside).map((name) => path.join(outside, name)) : [];
  const ours = others.filter((folder) => readLines(path.join(folder, "belongs-to"))[0] === inside);
  return [inside, ...ours].map((folder) => path.join(folder, "data"));
}

function readLines(file) {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch {
    return [];
  }
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
