import { execFile, execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { withoutDeviceReplies } from "@orchestratia/client/device-replies";
import { mostWaitingInput } from "@orchestratia/holder-link/wire";
import { ExitPipe, exitPipePath } from "./exit-pipe.ts";
import { GrowingPause } from "./growing-pause.ts";
import { PaneOutput } from "./pane-output.ts";
import { isTreeGone, type ProcessTree, signalTree } from "./process-session.ts";
import type { ProgramOptions, SessionProgram } from "./session-program.ts";
import { sessionOption, TmuxControl, type TmuxPlace, tmuxLine } from "./tmux-control.ts";

const run = promisify(execFile);
/** Of input, in one command. */
const keysAtOnce = 512;
const scrollbackLines = 2000;
const mostTries = 10;
const lastWordsMs = 1000;
/** What a shell adds to the number of a signal that ended a program. */
const shellSignal = 128;
const mostSignals = 64;

/** Read when the server starts; nobody's own configuration is, since it could change what programs see. */
const serverOptions = `
set -g automatic-rename off
set -g set-clipboard off
set -g history-limit ${scrollbackLines}
`;

export interface TmuxOptions extends ProgramOptions {
  tmux: TmuxPlace;
  /** The session's own folder. */
  folder: string;
  id: string;
  /** What people call it. */
  name: string;
}

/**
 * A program in a session of the daemon's own tmux server, so that people may `tmux attach` to it. What it prints comes by
 * `pipe-pane`, as it printed it and not as tmux would draw it; keys, sizes and its end go by a client in control mode.
 *
 * tmux does not make a program wait for us: what we do not read it keeps in its memory.
 */
export class TmuxProgram implements SessionProgram {
  readonly pid: number;
  readonly canWait = false;
  #programPid: number | undefined;
  readonly #options: TmuxOptions;
  readonly #session: string;
  readonly #pane: string;
  readonly #env: NodeJS.ProcessEnv;
  #control: TmuxControl;
  #output: PaneOutput;
  readonly #attachPause = new GrowingPause();
  readonly #pipePause = new GrowingPause();
  #isPaused = false;
  /** Whether its last byte has come. */
  #isDrained = false;
  #isKilled = false;
  readonly #exitPipe: ExitPipe;
  #exit: { code: number | null; signal: number | null } | undefined;
  readonly #seen = new Set<string>();
  #ended = false;

  constructor(options: TmuxOptions) {
    this.#options = options;
    const { PATH = "", HOME = "" } = options.env;
    // The first session's becomes the environment of the server, and so of what people start in it.
    this.#env = { PATH, HOME };
    this.#exitPipe = new ExitPipe(options.folder, (status) => this.#toldExit(status));
    const { session, pane, pid } = this.#start();
    this.#session = session;
    this.#pane = pane;
    this.pid = pid;
    this.#control = this.#attach();
    this.#output = this.#pipe();
    this.#control.tell(`wait-for -S ${startSignal(options.id)}`);
  }

  /** A session whose program waits until it is watched, so that its first byte is seen. */
  #start(): { session: string; pane: string; pid: number } {
    const { folder, id, cols, rows, name } = this.#options;
    const script = join(folder, "start.sh");
    const settings = join(folder, "tmux.conf");
    writeFileSync(script, startScript(this.#options), { mode: 0o600 });
    writeFileSync(settings, serverOptions, { mode: 0o600 });
    const size = ["-x", String(cols), "-y", String(rows)];
    const format = "#{session_id} #{pane_id} #{pane_pid}";
    const start = (called: string) =>
      this.#now(
        ...["-f", settings, "new-session", "-d", "-P", "-F", format, "-s", called, ...size, "/bin/sh", script],
        // Whoever attaches later has no say in the size.
        ...[";", "resize-window", ...size, ";", "set-option", sessionOption, id],
      );
    const plain = name.replace(/[^A-Za-z0-9_-]/g, "-").replace(/^-+/, "") || id;
    const [session = "", pane = "", pid = ""] = this.#firstFree(plain, start).trim().split(" ");
    return { session, pane, pid: Number(pid) };
  }

  #now(...args: string[]): string {
    const [path, line] = tmuxLine(this.#options.tmux, ...args);
    return execFileSync(path, line, { env: this.#env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  }

  /** People's names are those of one project; the server has the sessions of all. */
  #firstFree(name: string, start: (name: string) => string): string {
    for (let tries = 1, called = name; ; tries += 1) {
      try {
        return start(called);
      } catch (error) {
        if (String(error).includes("duplicate session")) called = `${name}-${this.#options.id.slice(0, 8)}`;
        // The server ends with its last session, perhaps at this moment: then another one starts.
        else if (!/server exited|lost server|no server|connecting to/.test(String(error))) throw error;
        if (tries === mostTries) throw error;
      }
    }
  }

  #attach(): TmuxControl {
    return new TmuxControl(this.#options.tmux, this.#session, this.#env, () => void this.#lost());
  }

  /** A pane with a pipe is not dead before everything that was printed has gone into the pipe. */
  #pipe(): PaneOutput {
    const { folder, onOutput } = this.#options;
    const output = new PaneOutput(folder, this.#isPaused, onOutput, () => void this.#outputEnded());
    const line = `pipe-pane -t ${this.#pane} ${quoted(output.command)}`;
    void this.#control.ask(line).then((reply) => {
      // It has just died.
      if (reply === undefined) output.close();
    });
    return output;
  }

  /** What the shell behind the program says of how it ended, before it ends itself. */
  #toldExit(status: number): void {
    const isSignal = status > shellSignal && status <= shellSignal + mostSignals;
    this.#exit = isSignal ? { code: null, signal: status - shellSignal } : { code: status, signal: null };
  }

  /** The pane has ended with everything read; or somebody took its pipe away. */
  async #outputEnded(): Promise<void> {
    this.#isDrained = true;
    if (!this.#exit && (await this.#isThere())) {
      await this.#readAgain();
      return;
    }
    // Whose terminal was taken away may still be ending.
    for (const since = Date.now(); !this.#exit && !this.#isKilled && Date.now() - since < lastWordsMs; )
      await sleep(20);
    this.#end(this.#exit ?? { code: null, signal: this.#isKilled ? constants.signals.SIGKILL : null });
  }

  /** Somebody piped it elsewhere, or ended our reader. */
  async #readAgain(): Promise<void> {
    this.#isDrained = false;
    await this.#pipePause.wait();
    this.#output = this.#pipe();
    await this.#repaint();
  }

  #end(exit: { code: number | null; signal: number | null }): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#exitPipe.close();
    // What people opened beside it.
    this.#control.tell(`kill-session -t '${this.#session}'`);
    this.#options.onExit(exit);
  }

  /** Our client ended: with its session, whose output ends then too, or somebody ended it. */
  async #lost(): Promise<void> {
    await this.#attachPause.wait();
    if (this.#ended || !(await this.#isThere())) return;
    this.#control = this.#attach();
    if (this.#isDrained && !this.#exit) await this.#readAgain();
  }

  async #isThere(): Promise<boolean> {
    const panes = ["list-panes", "-s", "-t", this.#session, "-F", "#{pane_id}"];
    const [path, line] = tmuxLine(this.#options.tmux, ...panes);
    try {
      return (await run(path, line, { env: this.#env })).stdout.split("\n").includes(this.#pane);
    } catch {
      return false;
    }
  }

  /** What was printed meanwhile is lost to us; the screen that came of it is not. */
  async #repaint(): Promise<void> {
    const [lines = [], [cursor = "1;1"] = []] = await Promise.all([
      this.#control.ask(`capture-pane -p -e -t ${this.#pane}`),
      this.#control.ask(`display-message -p -t ${this.#pane} '#{e|+:#{cursor_y},1};#{e|+:#{cursor_x},1}'`),
    ]);
    this.#options.onOutput(Buffer.from(`\x1b[m\x1b[H\x1b[2J${lines.join("\r\n")}\x1b[m\x1b[${cursor}H`));
  }

  get programPid(): number {
    try {
      this.#programPid ??= Number(readFileSync(pidFile(this.#options.folder), "utf8")) || undefined;
    } catch {
      // It has not begun.
    }
    return this.#programPid ?? this.pid;
  }

  pause(): void {
    this.#isPaused = true;
    this.#output.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#output.resume();
  }

  write(bytes: Buffer): boolean {
    if (this.#ended) return true;
    if (this.#control.isGone || this.#control.backlog > mostWaitingInput) return false;
    // tmux answers a program that asks who it talks to.
    const keys = Buffer.from(withoutDeviceReplies(bytes.toString("latin1"), "spectator"), "latin1");
    if (keys.length === 0) return true;
    // Somebody who scrolls in tmux must not keep the program from hearing us.
    this.#control.tell(`copy-mode -q -t ${this.#pane}`);
    for (let from = 0; from < keys.length; from += keysAtOnce) {
      const hex = keys.toString("hex", from, Math.min(keys.length, from + keysAtOnce)).replace(/../g, " $&");
      this.#control.tell(`send-keys -H -t ${this.#pane}${hex}`);
    }
    return true;
  }

  resize(cols: number, rows: number): void {
    if (!this.#ended) this.#control.tell(`resize-window -t ${this.#pane} -x ${cols} -y ${rows}`);
  }

  get #tree(): ProcessTree {
    const sessionId = this.#options.env.ORCHESTRATIA_SESSION_ID;
    return { leader: this.#ended ? undefined : this.pid, sessionId, seen: this.#seen };
  }

  signal(signal: NodeJS.Signals): void {
    this.#isKilled ||= signal === "SIGKILL";
    signalTree(this.#tree, signal);
  }

  isTreeGone(): boolean {
    return isTreeGone(this.#tree);
  }
}

const pidFile = (folder: string): string => join(folder, "program.pid");

const startSignal = (id: string): string => `start-${id}`;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * The environment holds the session's token, which must be in no argument list: it goes by a private file. The shell
 * stays behind the program, since tmux lets go of a terminal whose first process has ended, whatever the kernel still has.
 */
function startScript({ tmux, id, folder, command, cwd, env }: TmuxOptions): string {
  const named = Object.entries(env).filter(([name]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  return [
    [...tmuxLine(tmux, "wait-for", startSignal(id))].flat().map(quoted).join(" "),
    'rm -f -- "$0"',
    "unset TMUX TMUX_PANE TERM_PROGRAM TERM_PROGRAM_VERSION SHELL",
    "export TERM=xterm-256color",
    ...named.map(([name, value]) => `export ${name}=${quoted(value)}`),
    `cd -- ${quoted(cwd)} || exit 1`,
    // A signal that is caught, and not ignored, is the program's to handle.
    "trap : HUP INT QUIT TERM TSTP",
    // Nor is what the shell says of how it ended the program's.
    "exec 3>&2 2>/dev/null",
    // As a reader of its own it waits for no other one to say how the program ended.
    `exec 4<> ${quoted(exitPipePath(folder))}`,
    `(exec 2>&3 3>&- 4>&- /bin/sh -c 'echo $$ > "$0"; exec "$@"' ${[pidFile(folder), ...command].map(quoted).join(" ")})`,
    "echo $? >&4",
    "sleep 0.5",
    "",
  ].join("\n");
}
