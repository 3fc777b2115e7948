import { existsSync, rmSync } from "node:fs";
import { chmod } from "node:fs/promises";
import type { Server, Socket } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { Recorder } from "../../recording/recorder.ts";
import { recordingFolder } from "../../recording/segment-file.ts";
import { folderFiles, writeRecord } from "../session-folder.ts";
import type { SessionRecord } from "../session-record.ts";
import { isForeground } from "./process-session.ts";
import { Program } from "./program.ts";
import { Ring } from "./ring.ts";
import { Screen } from "./screen.ts";
import { Sizes } from "./sizes.ts";
import { Subscriber } from "./subscriber.ts";
import {
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
} from "./wire.ts";

const ringBytes = 4 * 1024 * 1024;
/** The emulator may be this far behind before the program has to wait for it. */
const screenLagBytes = 1024 * 1024;
const recorderLagBytes = 8 * 1024 * 1024;
const subscriberLagBytes = 4 * windowBytes;
const killAfterMs = 2000;
const treeLookMs = 50;
const keepAfterExitMs = 24 * 3600 * 1000;
const factsEveryMs = 50;
const mostCells = 2000;
const lookAroundEveryMs = 1000;

export interface Launch {
  folder: string;
  record: Omit<SessionRecord, "pid" | "holder_pid" | "exit">;
  env: Record<string, string>;
}

/**
 * One program, its output, and a socket for the daemon. Outlives every daemon:
 *
 *   running, nobody attached: the program goes on; ring and screen follow it
 *   running, subscribed:      output flows as fast as the daemon consumes it; a full window pauses the program
 *   exited:                   stays for whoever comes to collect the exit, at most 24 h, then removes its folder and ends
 */
export class Holder {
  readonly #launch: Launch;
  readonly #ring: Ring;
  readonly #screen: Screen;
  readonly #sizes: Sizes;
  readonly #recorder: Recorder;
  readonly #program: Program;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #record: SessionRecord;
  #subscriber: { socket: Socket; output: Subscriber } | undefined;
  #facts: Facts = { prompt_line: "", foreground: null };
  #factsTimer: NodeJS.Timeout | undefined;
  #isPaused = false;
  /** Until what was asked to leave is made to. */
  #closing: Promise<void> | undefined;
  #onEnd: () => void = () => {};

  constructor(launch: Launch) {
    this.#launch = launch;
    const { record } = launch;
    this.#ring = new Ring(join(launch.folder, folderFiles.ring), ringBytes);
    this.#screen = new Screen(this.#ring, record, () => this.#screenSettled());
    this.#sizes = new Sizes(record);
    const { cols, rows } = record;
    this.#recorder = new Recorder({
      folder: recordingFolder(launch.folder),
      cols,
      rows,
      onSegment: () => setImmediate(() => this.#regulate()),
    });
    this.#program = new Program({
      command: record.command,
      cwd: record.cwd,
      cols: record.cols,
      rows: record.rows,
      env: launch.env,
      onOutput: (bytes) => this.#output(bytes),
      onExit: (exit) => void this.#exited({ ...exit, offset: this.#ring.end }),
    });
    this.#record = { ...record, pid: this.#program.pid, holder_pid: process.pid, exit: null };
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

  /** Resolves when nobody needs this holder any more; its folder is gone then. */
  async ended(): Promise<void> {
    // A folder that somebody removed can never be found again: then nobody could ever close this program.
    const lookAround = setInterval(() => {
      if (!existsSync(join(this.#launch.folder, folderFiles.record))) this.#abandon();
      else void this.#updateFacts();
      this.#regulate();
    }, lookAroundEveryMs);
    await new Promise<void>((resolve) => {
      this.#onEnd = resolve;
    });
    clearInterval(lookAround);
    while (this.#closing && !this.#program.isTreeGone()) await Promise.race([this.#closing, sleep(treeLookMs)]);
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    rmSync(this.#launch.record.socket_path, { force: true });
    rmSync(this.#launch.folder, { recursive: true, force: true });
  }

  /** Asks the program and all that it started to leave, and makes them leave two seconds later. */
  close(): void {
    if (this.#closing !== undefined) return;
    // Whoever is to leave must not hang in a write that nobody reads.
    this.#program.resume();
    this.#program.signal("SIGHUP");
    this.#program.signal("SIGCONT");
    this.#closing = sleep(killAfterMs).then(() => {
      this.#program.signal("SIGKILL");
      this.#closing = undefined;
    });
  }

  #abandon(): void {
    if (this.#record.exit) this.#onEnd();
    else this.close();
  }

  #output(bytes: Buffer): void {
    this.#ring.append(bytes);
    this.#subscriber?.output.offer(bytes);
    this.#recorder.output(bytes);
    this.#screen.ringGrew();
    this.#regulate();
  }

  #regulate(): void {
    const isBehind =
      this.#screen.lag > screenLagBytes ||
      this.#recorder.lag > recorderLagBytes ||
      (this.#subscriber?.output.lag ?? 0) > subscriberLagBytes;
    if (isBehind === this.#isPaused) return;
    this.#isPaused = isBehind;
    if (isBehind) this.#program.pause();
    else this.#program.resume();
  }

  #screenSettled(): void {
    this.#regulate();
    this.#factsTimer ??= setTimeout(() => {
      this.#factsTimer = undefined;
      void this.#updateFacts();
    }, factsEveryMs);
  }

  async #updateFacts(): Promise<void> {
    const foreground = this.#record.exit ? null : await isForeground(this.#program.pid);
    const facts = { prompt_line: this.#screen.promptLine(), cursor_line: this.#screen.cursorLine(), foreground };
    if (isDeepStrictEqual(facts, this.#facts)) return;
    this.#facts = facts;
    for (const socket of this.#sockets) socket.write(jsonFrame(frameKinds.facts, facts));
  }

  async #exited(exit: Exit): Promise<void> {
    // Whoever is told of the end finds the whole recording.
    await this.#recorder.close(exit.code);
    this.#save({ exit });
    for (const socket of this.#sockets) socket.write(jsonFrame(frameKinds.exited, exit));
    if (existsSync(this.#launch.folder)) setTimeout(() => this.#onEnd(), keepAfterExitMs);
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
      if (this.#subscriber?.socket === socket) this.#unsubscribe();
    });
  }

  #subscribe(socket: Socket, how: { from: number; catchUpBytes: number }): void {
    this.#unsubscribe();
    const [ring, screen, sizes] = [this.#ring, this.#screen, this.#sizes];
    this.#subscriber = { socket, output: new Subscriber({ socket, ring, screen, sizes, ...how }) };
    this.#regulate();
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
      case frameKinds.consumed:
        if (this.#subscriber?.socket !== socket) return;
        this.#subscriber.output.consume(readOffset(payload).offset);
        this.#regulate();
        return;
      case frameKinds.takeSnapshot:
        if (this.#subscriber?.socket === socket) void this.#subscriber.output.takeSnapshot();
        return;
      case frameKinds.input:
        this.#program.write(payload);
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
        this.#recorder.driver((readJson(payload) as { user: string | null }).user);
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
