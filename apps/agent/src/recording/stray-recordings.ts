import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import type { Terminal } from "../terminals/terminal.ts";
import { recordingFolder } from "./segment-file.ts";

const everyMs = 6 * 60 * 60_000;
/** Hubs keep recordings about as long. */
const strayAfterMs = 30 * 24 * 60 * 60_000;

export interface StrayRecordingsOptions {
  sessions: () => Terminal[];
  /** Of the registrations there are. */
  serverIds: () => string[];
  log: Logger;
}

/**
 * Gives up what no hub has asked for in thirty days: segments that waited for it, and sessions that ended while their
 * registration was gone, with all that is left of them. A session that runs, or whose hub may come back, keeps all else.
 */
export class StrayRecordings implements Disposable {
  readonly #options: StrayRecordingsOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StrayRecordingsOptions) {
    this.#options = options;
  }

  begin(): void {
    this.sweep();
    this.#timer = setInterval(() => this.sweep(), everyMs);
    this.#timer.unref();
  }

  sweep(now = Date.now()): void {
    const { sessions, serverIds, log } = this.#options;
    const before = now - strayAfterMs;
    const servers = new Set(serverIds());
    for (const terminal of sessions()) {
      const { folder, record, exit } = terminal;
      const segments = removeOld(recordingFolder(folder), before);
      const isStray = exit !== null && !servers.has(record.server_id) && lastChange(folder) < before;
      if (isStray) terminal.collected();
      if (segments > 0 || isStray) log.warn({ session: record.id, segments, isStray }, "no hub has asked for it");
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** How many there were, those among them whose writing was broken off. */
function removeOld(folder: string, before: number): number {
  const old = namesIn(folder).filter((name) => changedAt(join(folder, name)) < before);
  for (const name of old) rmSync(join(folder, name), { force: true });
  return old.length;
}

const lastChange = (folder: string): number =>
  Math.max(changedAt(folder), ...namesIn(folder).map((name) => changedAt(join(folder, name))));

const changedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
