import { writeFileSync } from "node:fs";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { noteEnding } from "./ended-because.ts";
import { memoryText } from "./memory-size.ts";
import { type Process, sharedOutBytes } from "./process-table.ts";
import { SessionProcesses } from "./session-processes.ts";

const lookMs = 2000;
/** The same while a session is on the way to a limit. */
const closeLookMs = 500;
const closeShare = 0.5;
const warnShare = 0.9;
/** So far beyond a limit nobody is asked to leave any more. */
const killShare = 1.25;
const mostKillRounds = 10;
/** Where memory runs out before we look, the kernel ends what runs in sessions before it ends us or a database. */
const outOfMemoryScore = "300";

interface Limits {
  max_processes_per_session: number;
  max_memory_per_session: number;
  max_memory: number;
}

/** A session as far as it can use too much. */
export interface LimitedSession {
  readonly id: string;
  readonly folder: string;
  readonly record: { pid: number };
  /** Null while it runs. */
  readonly exit: unknown;
  close(): void;
}

export interface SessionLimitsOptions {
  sessions(): readonly LimitedSession[];
  limits(): Limits;
  /** A session is near a limit: what it uses, as a sentence. */
  onNear(sessionId: string, text: string): void;
  clock: Clock;
  log: Logger;
}

interface Use {
  processes: number;
  bytes: number;
}

/**
 * Looks every two seconds at what each session uses, twice a second when one comes near to a limit:
 *
 *   below → near (90 %: warned of once) → over (told to leave, with all it started) → still over, or far: killed
 *
 * Memory is what its processes have, shared pages shared out among those that have them (PSS); where the kernel does not
 * say that, counted in full (RSS). Our holder's own is not the session's.
 */
export class SessionLimits {
  readonly #options: SessionLimitsOptions;
  readonly #processes = new SessionProcesses();
  readonly #warned = new Set<string>();
  readonly #closing = new Set<string>();
  readonly #scored = new Set<string>();
  #usedBytes = 0;
  #isOver = false;
  #cancel: (() => void) | undefined;

  constructor(options: SessionLimitsOptions) {
    this.#options = options;
    this.#lookIn(0);
  }

  /** Why no session may start now, or undefined when one may. */
  refusal(): string | undefined {
    const most = this.#options.limits().max_memory;
    if (this.#usedBytes <= most) return undefined;
    return `the sessions of this machine use ${memoryText(this.#usedBytes)} of memory, and its max_memory allows no new one above ${memoryText(most)}`;
  }

  #lookIn(ms: number): void {
    this.#cancel = this.#options.clock.after(ms, () => void this.#lookAgain());
  }

  async #lookAgain(): Promise<void> {
    let nearest = 0;
    try {
      nearest = await this.#look();
    } catch (error) {
      this.#options.log.warn({ error: String(error) }, "what the sessions use could not be measured");
    }
    if (!this.#isOver) this.#lookIn(nearest >= closeShare ? closeLookMs : lookMs);
  }

  /** Answers how much of a limit the session uses that is nearest to one. */
  async #look(): Promise<number> {
    const sessions = this.#options.sessions().filter(({ exit }) => exit === null);
    this.#forgetOthers(sessions);
    if (sessions.length === 0) {
      this.#usedBytes = 0;
      return 0;
    }
    for (const session of sessions) this.#endFirst(session);
    const found = await this.#processes.find(sessions.map(({ id, record }) => ({ id, pid: record.pid })));
    if (this.#isOver) return 0;
    const limits = this.#options.limits();
    const resident = [...found.values()].flat().reduce((sum, { residentBytes }) => sum + residentBytes, 0);
    let usedBytes = 0;
    let nearest = 0;
    for (const session of sessions) {
      const processes = found.get(session.id) ?? [];
      // The exact measure walks through all that a process has: only where the cheap one, never less, says it matters.
      const isExact = resident > limits.max_memory;
      const use = measured(processes, isExact ? 0 : limits.max_memory_per_session * warnShare);
      usedBytes += use.bytes;
      nearest = Math.max(nearest, await this.#judge(session, use));
    }
    this.#usedBytes = usedBytes;
    return nearest;
  }

  async #judge(session: LimitedSession, use: Use): Promise<number> {
    const { max_processes_per_session: mostProcesses, max_memory_per_session: mostBytes } = this.#options.limits();
    const [share, what] =
      use.processes / mostProcesses > use.bytes / mostBytes
        ? [use.processes / mostProcesses, `${use.processes} processes, max_processes_per_session is ${mostProcesses}`]
        : [
            use.bytes / mostBytes,
            `${memoryText(use.bytes)} of memory, max_memory_per_session is ${memoryText(mostBytes)}`,
          ];
    const { log, onNear } = this.#options;
    if (share > 1) {
      const isStubborn = this.#closing.has(session.id);
      if (!isStubborn) {
        this.#closing.add(session.id);
        const reason = `this machine ended the session: it used ${what}`;
        noteEnding(session.folder, reason);
        log.warn({ session: session.id, reason }, "a session used too much");
        session.close();
      }
      if (isStubborn || share > killShare) await this.#kill(session);
    } else if (share >= warnShare && !this.#warned.has(session.id)) {
      this.#warned.add(session.id);
      log.warn({ session: session.id, uses: what }, "a session is near a limit");
      onNear(session.id, `near a limit of its machine: it uses ${what}`);
    }
    return share;
  }

  /** All of it at once; what it starts meanwhile is found by looking again. */
  async #kill({ id, record }: LimitedSession): Promise<void> {
    for (let round = 0; round < mostKillRounds; round += 1) {
      const left = (await this.#processes.find([{ id, pid: record.pid }])).get(id) ?? [];
      if (left.length === 0) return;
      for (const { pid } of left) kill(pid);
    }
  }

  #forgetOthers(sessions: readonly LimitedSession[]): void {
    const running = new Set(sessions.map(({ id }) => id));
    for (const ids of [this.#warned, this.#closing, this.#scored])
      for (const id of ids) if (!running.has(id)) ids.delete(id);
  }

  /** What it starts from here on inherits it. */
  #endFirst({ id, record }: LimitedSession): void {
    if (process.platform !== "linux" || this.#scored.has(id)) return;
    this.#scored.add(id);
    try {
      writeFileSync(`/proc/${record.pid}/oom_score_adj`, outOfMemoryScore);
    } catch {
      // It has gone, or its score is higher already, which we may not lower.
    }
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#cancel?.();
  }
}

/** What they use; memory is measured exactly when the sum in full is above `exactAboveBytes`. */
function measured(processes: readonly Process[], exactAboveBytes: number): Use {
  const resident = processes.reduce((sum, { residentBytes }) => sum + residentBytes, 0);
  const bytes =
    resident <= exactAboveBytes
      ? resident
      : processes.reduce((sum, { pid, residentBytes }) => sum + (sharedOutBytes(pid) ?? residentBytes), 0);
  return { processes: processes.length, bytes };
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}
