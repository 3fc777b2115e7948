import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isAlive, processStart } from "./process-identity.mjs";

/**
 * Makes this process the only holder of `name` in `folder` until it lets go or is gone. Returns the claim, or
 * `{ holder }` when another process has it and `mayWait(holder, waitedMs)` says no.
 *
 * Everybody first puts down a file that names their process, then looks for files of others that live: of two who come
 * together at most one sees none. Who sees one takes their own back and tries again. Files of the dead are in nobody's
 * way, and since a file names its process for good, removing one can never hit a living holder.
 */
export async function claim(folder, name, mayWait) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, `${name}.${process.pid}.${processStart(process.pid)}`);
  const since = Date.now();
  for (;;) {
    writeFileSync(file, "{}", { mode: 0o600 });
    const holder = findHolder(folder, name, path.basename(file));
    if (!holder) return new Claim(file);
    rmSync(file, { force: true });
    if (!mayWait(holder, Date.now() - since)) return { holder };
    await delay(50 + Math.random() * 100);
  }
}

class Claim {
  #file;

  constructor(file) {
    this.#file = file;
  }

  /** What others are told of us. */
  say(facts) {
    writeFileSync(`${this.#file}.new`, JSON.stringify(facts), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }

  release() {
    rmSync(this.#file, { force: true });
  }
}

/** A living process other than `own` that has a claim, with what it says of itself. */
function findHolder(folder, name, own) {
  for (const entry of readdirSync(folder)) {
    const [, pid, start, unfinished] = /^(?:.*)\.(\d+)\.([^.]+)(\.new)?$/.exec(entry) ?? [];
    if (pid === undefined || !entry.startsWith(`${name}.`) || entry === own) continue;
    const file = path.join(folder, entry);
    if (!isAlive({ pid: Number(pid), start })) rmSync(file, { force: true });
    else if (unfinished === undefined) return { pid: Number(pid), ...readFacts(file) };
  }
  return undefined;
}

function readFacts(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}
