import type { Socket } from "node:net";
import { connect } from "node:net";
import { z } from "zod";
import {
  bytesFrame,
  type Exit,
  type Facts,
  FrameReader,
  frameKinds,
  jsonFrame,
  mostWaitingInput,
  offsetFrame,
  type Question,
  readJson,
  readOffset,
  readSize,
  type Size,
  sizesSince,
  snapshotFirst,
  subscribeFrame,
  watchSince,
} from "./wire.ts";

/**
 * Where every connection's bytes are read into: a read is over before the next one begins, so that output which passes
 * by leaves no garbage.
 */
const readRoom = Buffer.allocUnsafeSlow(256 * 1024);
const helloLimitMs = 10_000;
const answerLimitMs = 10_000;

const ExitSchema = z.object({ code: z.number().nullable(), signal: z.number().nullable(), offset: z.number() });
const FactsSchema = z.object({
  prompt_line: z.string(),
  cursor_line: z.string().optional(),
  foreground: z.boolean().nullable(),
});
const HelloSchema = z.object({
  version: z.number(),
  id: z.string(),
  pid: z.number(),
  cols: z.number(),
  rows: z.number(),
  start: z.number(),
  end: z.number(),
  facts: FactsSchema,
  exit: ExitSchema.nullable(),
});
const AnswerSchema = z.object({ number: z.number(), lines: z.array(z.string()) });

export interface HolderEvents {
  onFacts(facts: Facts): void;
  onExit(exit: Exit): void;
  /** The program reads nothing, and too much waits for it: something of the input is lost. Not from older holders. */
  onInputRefused?(): void;
  /** The holder closed the connection: it ended, or was killed. Not called after `disconnect`. */
  onLost(): void;
}

export interface OutputListener {
  /** Output begins here, or, when that is below 0, with a snapshot. */
  onSubscribed?(offset: number): void;
  /** `bytes` are there during this call only. */
  onOutput(offset: number, bytes: Buffer): void;
  /** The bytes from `offset` on are printed at this size. */
  onResized?(offset: number, size: Size): void;
  /**
   * What repaints an empty terminal as it stands at `offset`. When that is ahead of the output so far, the next output
   * continues there; else the snapshot was asked for, and the output goes on where it was. `text` is there during this
   * call only.
   */
  onSnapshot(offset: number, snapshot: { size: Size; text: Buffer }): void;
}

type Hello = z.infer<typeof HelloSchema>;

/** The end of a holder's socket that is the daemon's, or a watcher's. */
export class HolderClient {
  readonly hello: Hello;
  readonly #socket: Socket;
  readonly #questions = new Map<number, (lines: string[]) => void>();
  readonly #unwritten = new Set<Uint8Array>();
  #unwrittenBytes = 0;
  #output: OutputListener | undefined;
  #nextQuestion = 1;
  #unansweredSubscriptions = 0;
  #isLetGo = false;
  #size: Size;

  private constructor(socket: Socket, hello: Hello) {
    this.#socket = socket;
    this.hello = hello;
    this.#size = hello;
  }

  /** Rejects when nobody listens on `path`, or somebody who is no holder. */
  static connect(path: string, events: HolderEvents): Promise<HolderClient> {
    return new Promise((resolve, reject) => {
      const socket: Socket = connect({
        path,
        onread: { buffer: readRoom, callback: (length) => receive(readRoom.subarray(0, length)) },
      });
      const reader = new FrameReader();
      let client: HolderClient | undefined;
      const limit = setTimeout(() => socket.destroy(new Error("the holder does not answer")), helloLimitMs);
      const receive = (chunk: Buffer): boolean => {
        try {
          for (const { kind, payload } of reader.read(chunk)) {
            if (client) client.#handle(kind, payload, events);
            else if (kind === frameKinds.hello) {
              clearTimeout(limit);
              client = new HolderClient(socket, HelloSchema.parse(readJson(payload)));
              resolve(client);
            }
          }
        } catch (error) {
          socket.destroy(error instanceof Error ? error : new Error(String(error)));
        }
        return true;
      };
      socket.on("error", reject);
      socket.on("close", () => {
        clearTimeout(limit);
        reject(new Error("the holder closed the connection"));
        if (!client) return;
        client.#closed();
        if (!client.#isLetGo) events.onLost();
      });
    });
  }

  /** How the holder on `path` is right now. */
  static async look(path: string): Promise<Hello> {
    const client = await HolderClient.connect(path, { onFacts() {}, onExit() {}, onLost() {} });
    client.disconnect();
    return client.hello;
  }

  #closed(): void {
    for (const answer of this.#questions.values()) answer([]);
    this.#questions.clear();
  }

  #handle(kind: number, payload: Buffer, events: HolderEvents): void {
    switch (kind) {
      case frameKinds.output: {
        const { offset, bytes } = readOffset(payload);
        if (this.#unansweredSubscriptions === 0) this.#output?.onOutput(offset, bytes);
        return;
      }
      case frameKinds.resized: {
        const { offset, size } = readSize(payload);
        if (this.#unansweredSubscriptions === 0) this.#output?.onResized?.(offset, size);
        return;
      }
      case frameKinds.sizedSnapshot: {
        const { offset, size, bytes } = readSize(payload);
        if (this.#unansweredSubscriptions === 0) this.#output?.onSnapshot(offset, { size, text: bytes });
        return;
      }
      case frameKinds.snapshot: {
        const { offset, bytes } = readOffset(payload);
        if (this.#unansweredSubscriptions === 0) this.#output?.onSnapshot(offset, { size: this.#size, text: bytes });
        return;
      }
      case frameKinds.subscribed:
        this.#unansweredSubscriptions -= 1;
        if (this.#unansweredSubscriptions === 0) this.#output?.onSubscribed?.(readOffset(payload).offset);
        return;
      case frameKinds.facts:
        events.onFacts(FactsSchema.parse(readJson(payload)));
        return;
      case frameKinds.exited:
        events.onExit(ExitSchema.parse(readJson(payload)));
        return;
      case frameKinds.inputRefused:
        events.onInputRefused?.();
        return;
      case frameKinds.answer: {
        const { number, lines } = AnswerSchema.parse(readJson(payload));
        this.#questions.get(number)?.(lines);
        this.#questions.delete(number);
        return;
      }
    }
  }

  /**
   * Output from `from` on, or when that is null, not here any more or further back than `catchUpBytes`, from a snapshot
   * on. No more than a window comes until `consumed` is called.
   */
  subscribe(listener: OutputListener, from: number | null, catchUpBytes: number): void {
    this.#output = listener;
    this.#unansweredSubscriptions += 1;
    this.#socket.write(subscribeFrame(frameKinds.subscribe, from ?? snapshotFirst, catchUpBytes));
  }

  /**
   * A snapshot and the output from there on, beside what the daemon gets. Whoever watches slows nothing down: when the
   * ring moves on before `consumed` is called, another snapshot comes. False when this holder serves the daemon only.
   */
  watch(listener: OutputListener): boolean {
    if (this.hello.version < watchSince) return false;
    this.#output = listener;
    this.#unansweredSubscriptions += 1;
    this.#socket.write(subscribeFrame(frameKinds.watch, snapshotFirst, 0));
    return true;
  }

  /** Asks for a snapshot in the midst of the output; false when this holder cannot. */
  takeSnapshot(): boolean {
    if (this.hello.version < sizesSince) return false;
    this.#socket.write(bytesFrame(frameKinds.takeSnapshot, Buffer.alloc(0)));
    return true;
  }

  unsubscribe(): void {
    this.#output = undefined;
    this.#socket.write(bytesFrame(frameKinds.unsubscribe, Buffer.alloc(0)));
  }

  /** Everything before `offset` is delivered and need not be sent again. */
  consumed(offset: number): void {
    this.#socket.write(offsetFrame(frameKinds.consumed, offset));
  }

  /** Whether nothing can be sent any more; `onLost` follows. */
  get isBroken(): boolean {
    return !this.#socket.writable;
  }

  /** False when it was not sent: the connection is broken, or the holder does not read what it got already. */
  input(bytes: Uint8Array): boolean {
    if (this.isBroken || this.#unwrittenBytes >= mostWaitingInput) return false;
    this.#unwritten.add(bytes);
    this.#unwrittenBytes += bytes.length;
    this.#socket.write(bytesFrame(frameKinds.input, bytes), (error) => {
      if (error) return;
      this.#unwritten.delete(bytes);
      this.#unwrittenBytes -= bytes.length;
    });
    return true;
  }

  /** The input that did not leave us whole before the connection broke, in order: the holder knows nothing of it. */
  get unwrittenInput(): Uint8Array[] {
    return [...this.#unwritten];
  }

  resize(cols: number, rows: number): void {
    this.#size = { cols, rows };
    this.#socket.write(jsonFrame(frameKinds.resize, { cols, rows }));
  }

  driver(user: string | null): void {
    this.#socket.write(jsonFrame(frameKinds.driver, { user }));
  }

  /** SIGHUP to everything in the terminal, SIGKILL two seconds later. */
  close(): void {
    this.#socket.write(bytesFrame(frameKinds.close, Buffer.alloc(0)));
  }

  /** The exit is known where it must be: the holder may remove its folder and end. */
  collected(): void {
    this.#socket.write(bytesFrame(frameKinds.collected, Buffer.alloc(0)));
  }

  /** The lines of the screen or scrollback; none when the holder is gone. */
  async lines(question: Question): Promise<string[]> {
    const number = this.#nextQuestion;
    this.#nextQuestion += 1;
    if (this.#socket.destroyed) return [];
    return new Promise((resolve) => {
      const limit = setTimeout(() => {
        this.#questions.delete(number);
        resolve([]);
      }, answerLimitMs);
      this.#questions.set(number, (lines) => {
        clearTimeout(limit);
        resolve(lines);
      });
      this.#socket.write(jsonFrame(frameKinds.ask, { number, question }));
    });
  }

  /** Lets go of the holder, which goes on. */
  disconnect(): void {
    this.#isLetGo = true;
    this.#closed();
    this.#socket.destroy();
  }
}
