import { readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { processStart } from "./process-identity.ts";

/** Another living process holds the folder. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";
}

const PREFIX = "lock.";

/**
 * Makes this process the only holder of `folder` until the lock is disposed of or the process is gone.
 *
 * Everybody first puts down a claim that names their process, then looks for claims of others that live: of two who
 * come together at most one sees none. Who sees one takes their own back and tries again. Claims of the dead are in
 * nobody's way, and since a claim names its process for good, removing one can never hit a living holder.
 */
export async function lockFolder(folder: string, patienceMs = 1_500): Promise<AsyncDisposable> {
  const own = `${PREFIX}${process.pid}.${processStart(process.pid)}`;
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const claimed = await claim(path.join(folder, own));
    const other = await findHolder(folder, own);
    if (claimed && other === undefined) return { [Symbol.asyncDispose]: () => rm(path.join(folder, own)) };
    if (claimed) await rm(path.join(folder, own));
    if (Date.now() > deadline) {
      throw new FolderInUse(`${folder} is in use by ${claimed ? `process ${other}` : "this very process"}`);
    }
    await delay(20 + Math.random() * 100);
  }
}

async function claim(file: string): Promise<boolean> {
  try {
    await writeFile(file, "", { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** The pid of a living process other than `own` that has a claim; claims of the dead are swept up on the way. */
async function findHolder(folder: string, own: string): Promise<number | undefined> {
  for (const name of await readdir(folder)) {
    const [, pid, start] = /^lock\.(\d+)\.(.+)$/.exec(name) ?? [];
    if (pid === undefined || name === own) continue;
    if (processStart(Number(pid)) === start) return Number(pid);
    await rm(path.join(folder, name), { force: true });
  }
  return undefined;
}
