import { existsSync, rmSync } from "node:fs";
import { chmod } from "node:fs/promises";
import type { Server, Socket } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { SessionRecord } from "@orchestratia/holder-link/session-record";
import {
  bytesFrame,
  type Exit,
  type Facts,
  FrameReader,
  frameKinds,
  type Hello,
  jsonFrame,
  type Question,
  readJson,
  readOffset,
  readSubscribe,
  windowBytes,
  wireVersion,
} from "@orchestratia/holder-link/wire";
import { Recorder } from "../../recording/recorder.ts";
import { recordingFolder } from "../../recording/segment-file.ts";
import { folderFiles, writeRecord } from "../session-folder.ts";
import { PrintedMark } from "./printed-mark.ts";
import { isForeground, startedAt } from "./process-session.ts";
import { Program } from "./program.ts";
import { Ring } from "./ring.ts";
import { Screen } from "./screen.ts";
import type { ProgramOptions, SessionProgram } from "./session-program.ts";
import { Sizes } from "./sizes.ts";
import { Subscriber } from "./subscriber.ts";
import { TmuxProgram } from "./tmux-program.ts";

const ringBytes = 4 * 1024 * 1024;
/** The emulator may be this far behind before the program has to wait for it. */
const screenLagBytes = 2 * 1024 * 1024;
const recorderLagBytes = 8 * 1024 * 1024;
const subscriberLagBytes = 4 * windowBytes;
const killAfterMs = 2000;
const treeLookMs = 50;
const keepAfterExitMs = 24 * 3600 * 1000;
const factsEveryMs = 50;
const mostCells = 2000;
const lookAroundEveryMs = 1000;
/** Who types, in the recording, when it is nobody that the hub knows. */
const someoneHere = "somebody at the machine";

export interface Launch {
  folder: string;
  record: Omit<SessionRecord, "pid" | "pid_started" | "holder_pid" | "exit">;
  env: Record<string, string>;
}

/**
 * One program, its output, and a socket for the daemon and for people at the machine. Outlives every daemon:
 *
 *   running, nobody attached: the program goes on; ring and screen follow it
 *   running, subscribed:      output flows as fast as the daemon consumes it; a full window pauses the program
 *   exited:                   stays for whoever comes to collect the exit, then removes its folder and ends; after 24 h it
 *                             ends all the same and leaves the folder, which holds the exit and what no hub has yet
 */
export class Holder {
  readonly #launch: Launch;
  readonly #ring: Ring;
  readonly #printed: PrintedMark;
  readonly #screen: Screen;
  readonly #sizes: Sizes;
  readonly #recorder: Recorder;
  readonly #program: SessionProgram;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** To whom facts are under way. */
  readonly #beingTold = new Set<Socket>();
  #record: SessionRecord;
  #subscriber: { socket: Socket; output: Subscriber } | undefined;
  /** People at the machine. They may type, and never slow the program down. */
  readonly #watchers = new Map<Socket, Subscriber>();
  /** Who types through the daemon. */
  #driver: string | null = null;
  #facts: Facts = { prompt_line: "", foreground: null };
  #factsTimer: NodeJS.Timeout | undefined;
  #isPaused = false;
  /** Until what was asked to leave is made to. */
  #closing: Promise<void> | undefined;
  #onEnd: (how?: { keepsFolder: boolean }) => void = () => {};
  readonly #keepAfterExitMs: number;

  constructor(launch: Launch, { keepMs = keepAfterExitMs } = {}) {
    this.#launch = launch;
    this.#keepAfterExitMs = keepMs;
    const { record } = launch;
    this.#ring = new Ring(ringBytes);
    this.#printed = new PrintedMark(join(launch.folder, folderFiles.printed));
    this.#screen = new Screen(this.#ring, record, () => this.#screenRead());
    this.#sizes = new Sizes(record);
    const { cols, rows } = record;
    this.#recorder = new Recorder({
      folder: recordingFolder(launch.folder),
      cols,
      rows,
      onSegment: () => setImmediate(() => this.#regulate()),
    });
    this.#program = startProgram(launch, {
      command: record.command,
      cwd: record.cwd,
      cols: record.cols,
      rows: record.rows,
      env: launch.env,
      onOutput: (bytes) => this.#output(bytes),
      onExit: (exit) => void this.#exited({ ...exit, offset: this.#ring.end }),
    });
    const { pid } = this.#program;
    this.#record = { ...record, pid, pid_started: startedAt(pid), holder_pid: process.pid, exit: null };
    this.#server = createServer((socket) => this.#attach(socket));
  }

  get pid(): number {
    return this.#program.pid;
  }

  /** Opens the socket and writes the record; from here on a daemon can find this session. */
  async open(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(this.#launch.record.socket_path, resolve);
    });
    await chmod(this.#launch.record.socket_path, 0o600);
    writeRecord(this.#launch.folder, this.#record);
  }

  /** Resolves when nobody needs this holder any more; its folder is gone then, unless nobody came for what is in it. */
  async ended(): Promise<void> {
    // A folder that somebody removed can never be found again: then nobody could ever close this program.
    const lookAround = setInterval(() => {
      if (!existsSync(join(this.#launch.folder, folderFiles.record))) this.#abandon();
      else void this.#updateFacts();
      this.#regulate();
    }, lookAroundEveryMs);
    const keepsFolder = await new Promise<boolean>((resolve) => {
      this.#onEnd = (how) => resolve(how?.keepsFolder ?? false);
    });
    clearInterval(lookAround);
    while (this.#closing && !this.#program.isTreeGone()) await Promise.race([this.#closing, sleep(treeLookMs)]);
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    rmSync(this.#launch.record.socket_path, { force: true });
    if (!keepsFolder) rmSync(this.#launch.folder, { recursive: true, force: true });
  }

  /** Asks the program and all that it started to leave, and makes them leave two seconds later. */
  close(): void {
    if (this.#closing !== undefined) return;
    this.#closing = sleep(killAfterMs).then(() => {
      this.kill();
      this.#closing = undefined;
    });
    this.#regulate();
    this.#program.signal("SIGHUP");
    this.#program.signal("SIGCONT");
  }

  /** Ends the program and all that it started at once. */
  kill(): void {
    this.#program.signal("SIGKILL");
  }

  #abandon(): void {
    if (this.#record.exit) this.#onEnd();
    else this.close();
  }

  #output(bytes: Buffer): void {
    this.#ring.append(bytes);
    this.#subscriber?.output.offer(bytes);
    for (const watcher of this.#watchers.values()) watcher.offer(bytes);
    this.#recorder.output(bytes);
    this.#screen.ringGrew();
    this.#printed.printed();
    this.#regulate();
  }

  #regulate(): void {
    // Whoever is to leave must not hang in a write that nobody reads.
    const waitsForReader = this.#program.canWait && this.#closing === undefined;
    const isBehind =
      this.#screen.lag > screenLagBytes ||
      this.#recorder.lag > recorderLagBytes ||
      (waitsForReader && (this.#subscriber?.output.lag ?? 0) > subscriberLagBytes);
    if (isBehind === this.#isPaused) return;
    this.#isPaused = isBehind;
    if (isBehind) this.#program.pause();
    else this.#program.resume();
  }

  #screenRead(): void {
    this.#regulate();
    if (this.#screen.lag > 0) return;
    this.#factsTimer ??= setTimeout(() => {
      this.#factsTimer = undefined;
      void this.#updateFacts();
    }, factsEveryMs);
  }

  async #updateFacts(): Promise<void> {
    const foreground = this.#record.exit ? null : await isForeground(this.#program.programPid);
    const facts = { prompt_line: this.#screen.promptLine(), cursor_line: this.#screen.cursorLine(), foreground };
    if (isDeepStrictEqual(facts, this.#facts)) return;
    this.#facts = facts;
    for (const socket of this.#sockets) this.#tellFacts(socket);
  }

  /** The next ones when these have left us, so that whoever does not read is owed no more than one. */
  #tellFacts(socket: Socket): void {
    const facts = this.#facts;
    if (this.#beingTold.has(socket)) return;
    this.#beingTold.add(socket);
    socket.write(jsonFrame(frameKinds.facts, facts), (error) => {
      this.#beingTold.delete(socket);
      if (!error && facts !== this.#facts) this.#tellFacts(socket);
    });
  }

  async #exited(exit: Exit): Promise<void> {
    // Whoever is told of the end finds the whole recording.
    await this.#recorder.close(exit.code);
    this.#save({ exit });
    for (const socket of this.#sockets) socket.write(jsonFrame(frameKinds.exited, exit));
    if (existsSync(this.#launch.folder)) setTimeout(() => this.#onEnd({ keepsFolder: true }), this.#keepAfterExitMs);
    else this.#onEnd();
  }

  #attach(socket: Socket): void {
    this.#sockets.add(socket);
    const hello: Hello = {
      version: wireVersion,
      id: this.#record.id,
      pid: this.#record.pid,
      cols: this.#record.cols,
      rows: this.#record.rows,
      start: this.#ring.start,
      end: this.#ring.end,
      facts: this.#facts,
      exit: this.#record.exit,
    };
    socket.write(jsonFrame(frameKinds.hello, hello));
    const reader = new FrameReader();
    socket.on("data", (chunk) => {
      try {
        for (const { kind, payload } of reader.read(chunk)) this.#handle(socket, kind, payload);
      } catch {
        socket.destroy(); // it speaks another protocol
      }
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.#watchers.get(socket)?.close();
      this.#watchers.delete(socket);
      if (this.#subscriber?.socket === socket) this.#unsubscribe();
    });
  }

  #subscribe(socket: Socket, how: { from: number; catchUpBytes: number }): void {
    this.#unsubscribe();
    this.#subscriber = { socket, output: this.#subscription(socket, how) };
    this.#regulate();
  }

  #subscription(socket: Socket, how: { from: number; catchUpBytes: number }): Subscriber {
    return new Subscriber({ socket, ring: this.#ring, screen: this.#screen, sizes: this.#sizes, ...how });
  }

  #outputOf(socket: Socket): Subscriber | undefined {
    return this.#subscriber?.socket === socket ? this.#subscriber.output : this.#watchers.get(socket);
  }

  #unsubscribe(): void {
    this.#subscriber?.output.close();
    this.#subscriber = undefined;
    this.#regulate();
  }

  #handle(socket: Socket, kind: number, payload: Buffer): void {
    switch (kind) {
      case frameKinds.subscribe:
        this.#subscribe(socket, readSubscribe(payload));
        return;
      case frameKinds.unsubscribe:
        if (this.#subscriber?.socket === socket) this.#unsubscribe();
        return;
      case frameKinds.watch:
        this.#watchers.get(socket)?.close();
        this.#watchers.set(socket, this.#subscription(socket, readSubscribe(payload)));
        return;
      case frameKinds.consumed:
        this.#outputOf(socket)?.consume(readOffset(payload).offset);
        this.#regulate();
        return;
      case frameKinds.takeSnapshot:
        void this.#outputOf(socket)?.takeSnapshot();
        return;
      case frameKinds.input:
        this.#recorder.driver(this.#watchers.has(socket) ? someoneHere : this.#driver);
        if (!this.#program.write(payload)) socket.write(bytesFrame(frameKinds.inputRefused, Buffer.alloc(0)));
        return;
      case frameKinds.resize: {
        const { cols, rows } = readJson(payload) as { cols: number; rows: number };
        this.#resize(cols, rows);
        return;
      }
      case frameKinds.close:
        this.close();
        return;
      case frameKinds.ask:
        void this.#answer(socket, readJson(payload) as { number: number; question: Question });
        return;
      case frameKinds.driver:
        this.#driver = (readJson(payload) as { user: string | null }).user;
        this.#recorder.driver(this.#driver);
        return;
      case frameKinds.collected:
        if (this.#record.exit) this.#onEnd();
        return;
    }
  }

  #resize(cols: number, rows: number): void {
    const isSize = [cols, rows].every((cells) => Number.isInteger(cells) && cells > 0 && cells <= mostCells);
    if (this.#record.exit || !isSize) return;
    this.#program.resize(cols, rows);
    this.#screen.resize(cols, rows);
    this.#recorder.resize(cols, rows);
    this.#sizes.add(this.#ring.end, { cols, rows }, this.#ring.start);
    this.#subscriber?.output.resized();
    for (const watcher of this.#watchers.values()) watcher.resized();
    this.#save({ cols, rows });
  }

  #save(change: Partial<SessionRecord>): void {
    this.#record = { ...this.#record, ...change };
    try {
      writeRecord(this.#launch.folder, this.#record);
    } catch {
      // A full disk or a removed folder must not end the program; the daemon is told over the socket.
    }
  }

  async #answer(socket: Socket, { number, question }: { number: number; question: Question }): Promise<void> {
    const lines = question === "screen" ? await this.#screen.lines() : await this.#screen.scrollback();
    socket.write(jsonFrame(frameKinds.answer, { number, lines }));
  }
}

function startProgram({ folder, record }: Launch, options: ProgramOptions): SessionProgram {
  const { tmux } = record;
  if (!tmux) return new Program(options);
  return new TmuxProgram({ ...options, tmux, folder, id: record.id, name: record.name ?? record.id });
}
