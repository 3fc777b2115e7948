import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { WorkspaceError } from "./git.ts";

const waitMs = 100;

/**
 * Runs `work` while no other process of this machine has the lock in `path`. A lock whose holder is gone is taken over.
 * Throws WorkspaceError when another holds it for longer than `patienceMs`.
 */
export async function exclusively<T>(path: string, work: () => Promise<T>, patienceMs = 120_000): Promise<T> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const mine = `${path}.${randomUUID()}`;
  await writeFile(mine, await nameOf(process.pid), { mode: 0o600 });
  try {
    const until = Date.now() + patienceMs;
    while (!(await took(mine, path))) {
      if (Date.now() > until) throw new WorkspaceError("Another program is at work on this worktree; try again later.");
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    try {
      return await work();
    } finally {
      await rm(path, { force: true });
    }
  } finally {
    await rm(mine, { force: true });
  }
}

/** A link to a file that holds the pid already: nobody ever reads a lock without one. */
async function took(mine: string, path: string): Promise<boolean> {
  try {
    await link(mine, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const holder = await readFile(path, "utf8").catch(() => "");
  if (holder !== "" && !(await isAlive(holder))) await removeStale(path, holder);
  return false;
}

/** Two that find the same dead holder remove its lock one after the other; the second must not remove the first's. */
async function removeStale(path: string, holder: string): Promise<void> {
  const judging = `${path}.judging`;
  try {
    await writeFile(judging, "", { flag: "wx", mode: 0o600 });
  } catch {
    const { mtimeMs } = await stat(judging).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > 10_000) await rm(judging, { force: true });
    return;
  }
  try {
    if ((await readFile(path, "utf8").catch(() => "")) === holder) await rm(path, { force: true });
  } finally {
    await rm(judging, { force: true });
  }
}

/** A process's number and, where the system tells, when it began: numbers are given again. */
async function nameOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const beganAt = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  return beganAt ? `${pid} ${beganAt}` : String(pid);
}

async function isAlive(holder: string): Promise<boolean> {
  const pid = Number(holder.split(" ")[0]);
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return (await nameOf(pid)) === holder;
}
