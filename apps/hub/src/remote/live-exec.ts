import { Problem } from "@orchestratia/protocol/problems";
import type { RemoteLine, RemoteResult } from "@orchestratia/protocol/remote";
import { EXEC_PIECES_IN_FLIGHT } from "@orchestratia/protocol/remote-frames";
import type { DaemonFrame } from "@orchestratia/protocol/server-link";
import { markUndone } from "../db/surely-undone.ts";
import type { Remote } from "./remote.ts";

/** Of both outputs; a daemon keeps 1 MiB of each. */
const MOST_CHARACTERS = 4 * 1024 * 1024;
/** How long behind a command's end its reader may take to have the last of its output. */
const LAST_TAKEN_MS = 60_000;

/** Where a command's output goes while it runs. */
export interface ExecReader {
  /** Resolves when the reader keeps pace, or is gone. */
  write(line: RemoteLine): Promise<void>;
  /** Aborts when the reader is gone. */
  readonly signal: AbortSignal;
  /** Nobody waits for the reader any longer. */
  letGo(): void;
  /** The whole is needed at the end. */
  readonly isWholeKept: boolean;
}

type Piece = Extract<DaemonFrame, { type: "remote_exec_output" }>;

interface LiveExec {
  serverId: string;
  requestId: string;
  /** Milliseconds until nobody waits any more. */
  withinMs: number;
  command: string;
}

/**
 * Runs a command whose output is read while it runs, and answers the whole result, or only its end where the whole is not
 * kept; a daemon that cannot send it so sends all of it at the end. Ends the command when the reader goes away or the time
 * is up. Throws server_unreachable, daemon_silent, refused_by_policy, daemon_lacks for a daemon that sends more than it
 * may, and what the reader's signal aborts with; that is surely undone where the daemon was not asked yet.
 */
export async function execLive(
  { hub, execs, outputs }: Pick<Remote, "hub" | "execs" | "outputs">,
  { serverId, requestId: request_id, withinMs, command }: LiveExec,
  reader: ExecReader,
): Promise<RemoteResult> {
  const { connections } = hub;
  const isVersion2 = connections.versionOf(serverId) === 2;
  const tooMuch = new AbortController();
  const output = new ExecOutput(serverId, reader, {
    onTaken: (pieces) => void connections.send(serverId, { type: "remote_exec_taken", request_id, pieces }),
    onTooMuch: () => tooMuch.abort(new Problem("daemon_lacks", "The server's daemon sent more output than it may.")),
  });
  outputs.set(request_id, output);
  let isAsked = false;
  try {
    const { policy, ...rest } = await execs.ask({
      serverId,
      key: request_id,
      withinMs,
      signal: AbortSignal.any([reader.signal, tooMuch.signal]),
      send: () => {
        isAsked = connections.send(serverId, {
          type: "remote_exec",
          request_id,
          command,
          ...(isVersion2 && { stream: true }),
        });
        return isAsked;
      },
    });
    if (policy !== undefined) throw new Problem("refused_by_policy", rest.stderr.trim(), { policy });
    return await output.end(rest);
  } catch (error) {
    output.stop();
    if (!isAsked) markUndone(error);
    else if (isVersion2) connections.send(serverId, { type: "remote_exec_cancel", request_id });
    throw error;
  } finally {
    outputs.delete(request_id);
  }
}

interface ExecOutputOptions {
  /** The reader has so many pieces. */
  onTaken: (pieces: number) => void;
  onTooMuch: () => void;
  lastTakenMs?: number;
}

/** The output of one command between a daemon and a reader, who may be slower. */
export class ExecOutput {
  readonly serverId: string;
  readonly #reader: ExecReader;
  readonly #options: ExecOutputOptions;
  readonly #kept = { stdout: "", stderr: "" };
  #characters = 0;
  #written: Promise<void> = Promise.resolve();
  #received = 0;
  #taken = 0;
  #isStopped = false;

  constructor(serverId: string, reader: ExecReader, options: ExecOutputOptions) {
    this.serverId = serverId;
    this.#reader = reader;
    this.#options = options;
  }

  received({ stream, content }: Pick<Piece, "stream" | "content">): void {
    this.#received += 1;
    this.#characters += content.length;
    if (this.#characters > MOST_CHARACTERS || this.#received - this.#taken > EXEC_PIECES_IN_FLIGHT) {
      this.stop();
      this.#options.onTooMuch();
      return;
    }
    if (this.#reader.isWholeKept) this.#kept[stream] += content;
    this.#write({ [stream]: content }, () => {
      this.#taken += 1;
      this.#options.onTaken(this.#taken);
    });
  }

  /** That was all of it, but for what came with the end. Resolves when the reader has it, or is gone. */
  async end({ exit_code, stdout, stderr }: RemoteResult): Promise<RemoteResult> {
    if (stdout !== "") this.#write({ stdout });
    if (stderr !== "") this.#write({ stderr });
    this.#write({ exit_code });
    const late = setTimeout(() => this.#reader.letGo(), this.#options.lastTakenMs ?? LAST_TAKEN_MS);
    await this.#written;
    clearTimeout(late);
    return { exit_code, stdout: this.#kept.stdout + stdout, stderr: this.#kept.stderr + stderr };
  }

  /** Nothing more is handed on. */
  stop(): void {
    this.#isStopped = true;
  }

  #write(line: RemoteLine, onTaken?: () => void): void {
    this.#written = this.#written.then(async () => {
      if (this.#isStopped) return;
      await this.#reader.write(line);
      onTaken?.();
    });
  }
}
