import type { EvidenceResult } from "@orchestratia/protocol/workspace";
import { actorOf, SYSTEM } from "../access/caller.ts";
import { record } from "../events/activity.ts";
import { insertOutput } from "../output/add-output.ts";
import type { CompletionPicture } from "../tasks/completion-picture.ts";
import type { Engine } from "../tasks/engine.ts";
import { onTask } from "../tasks/move.ts";
import { aboutTask } from "../tasks/task-row.ts";
import type { EvidencePiece } from "./daemon-workspaces.ts";
import { howItEnded } from "./how-it-ended.ts";

const FLUSH_MS = 1000;
const FLUSH_CHARACTERS = 64 * 1024;
/** Rows that one run may add; two streams that alternate line by line make many. */
const MOST_ROWS = 1000;

/** A piece of what one command printed; without one, of what is said about all. */
type Piece = Pick<EvidencePiece, "stream" | "content"> & { command?: number };
/** The numbers of pieces of a task's output that belong together. */
type Pieces = { first: number; last: number };

/** Writes what verify commands print into the task's output as it comes, in few pieces, with what was run and how it ended. */
export class EvidenceLog {
  readonly #engine: Engine;
  readonly #task: Pick<CompletionPicture, "id" | "key" | "epoch">;
  readonly #serverId: string;
  readonly #commands: readonly string[];
  /** By command. */
  readonly #printed = new Map<number, Pieces>();
  #pieces: Piece[] = [];
  #size = 0;
  #rows = 0;
  #announced = 0;
  #timer: NodeJS.Timeout | undefined;
  #written: Promise<void> = Promise.resolve();

  constructor(
    engine: Engine,
    task: Pick<CompletionPicture, "id" | "key" | "epoch">,
    serverId: string,
    commands: readonly string[],
  ) {
    this.#engine = engine;
    this.#task = task;
    this.#serverId = serverId;
    this.#commands = commands;
  }

  add({ command, stream, content }: EvidencePiece): void {
    this.#announceUpTo(command);
    // Commands run one after the other: whatever the daemon names, it is the last that was announced.
    this.#push({ command: this.#announced - 1, stream, content });
    if (this.#size >= FLUSH_CHARACTERS) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  /** Resolves when everything is written, and that the evidence was taken is recorded. */
  async end(results: readonly EvidenceResult[]): Promise<void> {
    this.#announceUpTo(results.length - 1);
    for (const result of results)
      this.#push({ stream: "stdout", content: `[${result.command}] ${howItEnded(result)}\n` });
    this.#flush();
    await this.#written;
    if (results.length === 0) return;
    await onTask(this.#engine, this.#task.id, (tx, task) =>
      record(tx, {
        ...aboutTask(task),
        server_id: this.#serverId,
        actor: actorOf(SYSTEM),
        type: "task.evidence_taken",
        details: {
          key: this.#task.key,
          epoch: this.#task.epoch,
          ok: results.length === this.#commands.length && results.every(({ exit_code }) => exit_code === 0),
          results: results.map(({ command, exit_code, duration_ms, timed_out }, index) => {
            const output = this.#printed.get(index);
            return { command, exit_code, duration_ms, timed_out, ...(output && { output }) };
          }),
        },
      }),
    );
    this.#engine.events.wake();
  }

  #announceUpTo(command: number): void {
    for (; this.#announced <= command && this.#announced < this.#commands.length; this.#announced += 1) {
      this.#push({ command: this.#announced, stream: "stdout", content: `$ ${this.#commands[this.#announced]}\n` });
    }
  }

  #push(piece: Piece): void {
    const last = this.#pieces.at(-1);
    const isFull = this.#rows + this.#pieces.length >= MOST_ROWS;
    if (last && last.command === piece.command && (last.stream === piece.stream || isFull)) {
      last.content += piece.content;
    } else this.#pieces.push({ ...piece });
    this.#size += piece.content.length;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#size = 0;
    this.#rows += pieces.length;
    if (pieces.length === 0) return;
    this.#written = this.#written
      .then(async () => {
        const seqs = await onTask(this.#engine, this.#task.id, async (tx, task) => {
          const seqs: number[] = [];
          for (const piece of pieces) seqs.push((await insertOutput(tx, SYSTEM, task, piece)).seq);
          return seqs;
        });
        pieces.forEach(({ command }, at) => {
          this.#notePiece(command, seqs[at]);
        });
        this.#engine.events.wake();
      })
      .catch((error) =>
        this.#engine.log.error({ err: error, task: this.#task.key }, "output of a verify command is lost"),
      );
  }

  #notePiece(command: number | undefined, seq: number | undefined): void {
    if (command === undefined || seq === undefined) return;
    this.#printed.set(command, { first: this.#printed.get(command)?.first ?? seq, last: seq });
  }
}
