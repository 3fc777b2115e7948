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

type Piece = Pick<EvidencePiece, "stream" | "content">;

/** Writes what verify commands print into the task's output as it comes, in few pieces, with what was run and how it ended. */
export class EvidenceLog {
  readonly #engine: Engine;
  readonly #task: Pick<CompletionPicture, "id" | "key">;
  readonly #serverId: string;
  readonly #commands: readonly string[];
  #pieces: Piece[] = [];
  #size = 0;
  #rows = 0;
  #announced = 0;
  #timer: NodeJS.Timeout | undefined;
  #written: Promise<void> = Promise.resolve();

  constructor(
    engine: Engine,
    task: Pick<CompletionPicture, "id" | "key">,
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
    this.#push({ stream, content });
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
          ok: results.length === this.#commands.length && results.every(({ exit_code }) => exit_code === 0),
          results: results.map(({ command, exit_code, duration_ms, timed_out }) => ({
            command,
            exit_code,
            duration_ms,
            timed_out,
          })),
        },
      }),
    );
    this.#engine.events.wake();
  }

  #announceUpTo(command: number): void {
    for (; this.#announced <= command && this.#announced < this.#commands.length; this.#announced += 1) {
      this.#push({ stream: "stdout", content: `$ ${this.#commands[this.#announced]}\n` });
    }
  }

  #push({ stream, content }: Piece): void {
    const last = this.#pieces.at(-1);
    if (last && (last.stream === stream || this.#rows + this.#pieces.length >= MOST_ROWS)) last.content += content;
    else this.#pieces.push({ stream, content });
    this.#size += content.length;
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
        await onTask(this.#engine, this.#task.id, async (tx, task) => {
          for (const piece of pieces) await insertOutput(tx, SYSTEM, task, piece);
        });
        this.#engine.events.wake();
      })
      .catch((error) =>
        this.#engine.log.error({ err: error, task: this.#task.key }, "output of a verify command is lost"),
      );
  }
}
