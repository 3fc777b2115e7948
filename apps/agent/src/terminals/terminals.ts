import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { readRecord, type SessionRecord, sessionsFolder } from "@orchestratia/holder-link/session-record";
import { writeLaunchFiles } from "../agents/launch.ts";
import { findExecutable } from "./executable.ts";
import { launchHolder } from "./holder/launch.ts";
import type { TmuxPlace } from "./holder/tmux-control.ts";
import { makePrivateFolder, privateSocketPath, sessionFolder } from "./session-folder.ts";
import { Terminal } from "./terminal.ts";

/** How long a holder that was being started when its daemon died may take to write its record. */
const unfinishedStartMs = 3000;
/** How long a holder may take to answer before the daemon goes on without it; it is taken over when it does answer. */
const adoptLimitMs = 5000;
/** A holder kills what does not leave by itself after two seconds. */
const closeLimitMs = 5000;

export interface SessionSpec {
  id: string;
  /** What people call it. */
  name?: string | undefined;
  agent: string;
  role: string;
  command: string[];
  cwd: string;
  cols: number;
  rows: number;
  /** The program's whole environment. */
  env: Record<string, string>;
  /** What the program must find in the session's folder, by path there. */
  files?: Record<string, string> | undefined;
  hub_url: string;
  project_id: string;
  server_id: string;
}

export interface TerminalsOptions {
  mostRunning?: () => number;
  /** Why none may start now, if it may not. */
  refusal?: () => string | undefined;
  /** Where programs are to run, if not in terminals of their holders' own. */
  tmux?: () => TmuxPlace | undefined;
}

/** Every session on this machine that is ours: started now, or by an earlier daemon with the same state folder. */
export class Terminals {
  readonly #stateDir: string;
  readonly #holderCommand: string[];
  readonly #terminals = new Map<string, Terminal>();
  readonly #starting = new Map<string, Promise<Terminal>>();
  readonly #mostRunning: () => number;
  readonly #refusal: () => string | undefined;
  readonly #tmux: () => TmuxPlace | undefined;
  #isClosing = false;

  constructor(stateDir: string, holderCommand: string[], options: TerminalsOptions = {}) {
    this.#stateDir = stateDir;
    this.#mostRunning = options.mostRunning ?? (() => Number.POSITIVE_INFINITY);
    this.#refusal = options.refusal ?? (() => undefined);
    this.#tmux = options.tmux ?? (() => undefined);
    this.#holderCommand = holderCommand;
    makePrivateFolder(stateDir);
    makePrivateFolder(sessionsFolder(stateDir));
  }

  /** Takes over what earlier daemons left: running sessions, and ended ones whose exit nobody collected. */
  async adopt(): Promise<void> {
    await Promise.all(readdirSync(sessionsFolder(this.#stateDir)).map((id) => this.#adoptOne(id)));
  }

  async #adoptOne(id: string): Promise<void> {
    const folder = sessionFolder(this.#stateDir, id);
    let record = readRecord(folder);
    for (const since = Date.now(); !record && Date.now() - since < unfinishedStartMs; record = readRecord(folder)) {
      await sleep(50);
    }
    // A holder whose folder is gone ends by itself.
    if (record?.id === id)
      await Promise.race([this.#add(record, folder), sleep(adoptLimitMs, undefined, { ref: false })]);
    else rmSync(folder, { recursive: true, force: true });
  }

  async #add(record: SessionRecord, folder: string): Promise<Terminal> {
    const terminal = new Terminal(record, folder, () => this.#terminals.delete(record.id));
    this.#terminals.set(record.id, terminal);
    await terminal.connect();
    return terminal;
  }

  /** Where a session's own files are, or will be. */
  folderOf(id: string): string {
    return sessionFolder(this.#stateDir, id);
  }

  get(id: string): Terminal | undefined {
    return this.#terminals.get(id);
  }

  all(): Terminal[] {
    return [...this.#terminals.values()];
  }

  /** Starts a session. Throws with a sentence for people when the program cannot be started. */
  async start(spec: SessionSpec): Promise<Terminal> {
    if (this.#isClosing) throw new Error("the daemon is stopping");
    const living = this.all().flatMap(({ id, exit }) => (exit ? [] : [id]));
    const running = new Set([...living, ...this.#starting.keys()]).size;
    if (running >= this.#mostRunning())
      throw new Error(`this machine runs ${running} sessions, and its max_sessions allows no more`);
    const refusal = this.#refusal();
    if (refusal !== undefined) throw new Error(refusal);
    const starting = this.#start(spec);
    this.#starting.set(spec.id, starting);
    try {
      return await starting;
    } finally {
      if (this.#starting.get(spec.id) === starting) this.#starting.delete(spec.id);
    }
  }

  async #start(spec: SessionSpec): Promise<Terminal> {
    // The id becomes a folder's name, and it comes from outside.
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(spec.id)) throw new Error("the session's id cannot be used as a name");
    if (!statSync(spec.cwd, { throwIfNoEntry: false })?.isDirectory())
      throw new Error(`there is no folder ${spec.cwd}`);
    const [program = "", ...args] = spec.command;
    const path = findExecutable(program, spec.env.PATH ?? "", spec.cwd);
    if (!path) throw new Error(`${program || "the command"} is not on this machine`);

    const folder = sessionFolder(this.#stateDir, spec.id);
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch {
      throw new Error("a session with this id exists already");
    }
    try {
      const { env, files = {}, ...known } = spec;
      writeLaunchFiles(folder, files);
      const record = {
        ...known,
        command: [path, ...args],
        started_at: new Date().toISOString(),
        socket_path: privateSocketPath(folder, "holder.sock"),
        tmux: this.#tmux(),
      };
      await launchHolder(this.#holderCommand, { folder, env, record });
      const written = readRecord(folder);
      if (!written) throw new Error("the terminal's holder wrote no record");
      return await this.#add(written, folder);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Asks every program to leave; no other is started from now on. */
  async beginClosing(): Promise<void> {
    this.#isClosing = true;
    await Promise.allSettled(this.#starting.values());
    for (const terminal of this.all()) terminal.close();
  }

  /** Ends every session and waits until they are gone. */
  async closeAll(): Promise<void> {
    await this.beginClosing();
    await Promise.all(
      this.all().map(async (terminal) => {
        await Promise.race([ended(terminal), sleep(closeLimitMs, undefined, { ref: false })]);
        terminal.collected();
      }),
    );
  }

  /** Lets go of every session; they go on. */
  [Symbol.dispose](): void {
    for (const terminal of this.all()) terminal.disconnect();
    this.#terminals.clear();
  }
}

function ended(terminal: Terminal): Promise<void> {
  if (terminal.exit || !(terminal.hasHolder || terminal.isEnding)) return Promise.resolve();
  return new Promise((resolve) => {
    terminal.listen({ onFacts() {}, onExit: () => resolve() });
  });
}
