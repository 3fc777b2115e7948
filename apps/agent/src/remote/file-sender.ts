import { createHash, type Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { resolve } from "node:path";
import { FILE_RESUMABLE_MAX_BYTES } from "@orchestratia/protocol/remote";
import { FILE_FRAME_BYTES, FILE_IN_FLIGHT_BYTES, type HubFrame } from "@orchestratia/protocol/server-link";
import { encodeTerminalFrame, TERMINAL_KINDS } from "@orchestratia/protocol/terminal-frame";
import { hashFile } from "./file-hash.ts";
import type { RemoteLink } from "./remote-link.ts";
import { openSendable, type SendFolders, TransferError } from "./sendable-file.ts";
import { fileError } from "./transfer-sentence.ts";

const mostAtOnce = 4;
const tellEveryMs = 5_000;

type Ask = Extract<HubFrame, { type: "file_send" }>;

interface Sending {
  number: number;
  acked: number;
  isStopped: boolean;
  /** Called when more is acked, or it is to stop. */
  wake: () => void;
}

export interface FileSenderOptions {
  /** Throws PolicyRefusal when the machine sends no files. */
  allow: () => void;
  folders: () => SendFolders;
  /** Where the session works; undefined when there is no such session. */
  folderOf: (sessionId: string) => string | undefined;
}

/**
 * Files on their way to machines of version 2, from where the receiver has them, at most FILE_IN_FLIGHT_BYTES ahead of
 * what it says that it has. The file must be the announced one: it is read again before it goes on in its midst, and its
 * SHA-256 is known before its last bytes leave.
 */
export class FileSender {
  readonly #link: RemoteLink;
  readonly #options: FileSenderOptions;
  readonly #sendings = new Map<string, Sending>();

  constructor(link: RemoteLink, options: FileSenderOptions) {
    this.#link = link;
    this.#options = options;
  }

  /** Never rejects; a refusal is told to the hub. */
  async send(ask: Ask): Promise<void> {
    const { transfer_id, number, offset } = ask;
    this.stop(transfer_id);
    const sending: Sending = { number, acked: offset, isStopped: false, wake: () => {} };
    try {
      this.#options.allow();
      if (this.#sendings.size >= mostAtOnce) throw new TransferError(`This machine sends ${mostAtOnce} files already.`);
      this.#sendings.set(transfer_id, sending);
      await this.#send(ask, sending);
    } catch (error) {
      if (!sending.isStopped) this.#link.send(fileError(transfer_id, error, "The file could not be read"));
    } finally {
      if (this.#sendings.get(transfer_id) === sending) this.#sendings.delete(transfer_id);
    }
  }

  async #send(ask: Ask, sending: Sending): Promise<void> {
    const { file, size } = await openSendable(this.#pathOf(ask), this.#options.folders());
    try {
      if (size > FILE_RESUMABLE_MAX_BYTES) throw new TransferError("The file is larger than any that is sent.");
      if (size !== ask.file_size) throw changed();
      const hash = await this.#hashedSoFar(file, ask, sending);
      await this.#sendFrom(file, hash, ask, sending);
    } finally {
      await file.close();
    }
  }

  #pathOf({ in_session, file_path }: Ask): string {
    const folder = in_session === null ? undefined : this.#options.folderOf(in_session);
    return folder === undefined ? file_path : resolve(folder, file_path);
  }

  async #hashedSoFar(file: FileHandle, ask: Ask, sending: Sending): Promise<Hash> {
    const { transfer_id, number, offset, file_size, sha256 } = ask;
    if (offset === 0) return createHash("sha256");
    let toldAt = performance.now();
    const onPiece = () => {
      if (sending.isStopped) throw new TransferError("It is not wanted any more.");
      if (performance.now() - toldAt < tellEveryMs) return;
      toldAt = performance.now();
      this.#link.send({ type: "file_progress", transfer_id, number, offset: 0 });
    };
    const { before, whole } = await hashFile(file, { at: offset, size: file_size, onPiece });
    if (whole !== sha256.toLowerCase()) throw changed();
    return before;
  }

  /** At least one frame goes, so that a file without bytes arrives too. */
  async #sendFrom(file: FileHandle, hash: Hash, ask: Ask, sending: Sending): Promise<void> {
    const { number, file_size, sha256 } = ask;
    for (let offset = ask.offset; ; ) {
      const length = Math.min(FILE_FRAME_BYTES, file_size - offset);
      await roomFor(offset + length, sending);
      if (sending.isStopped) return;
      const payload = await piece(file, offset, length);
      hash.update(payload);
      offset += length;
      const isLast = offset === file_size;
      if (isLast && hash.digest("hex") !== sha256.toLowerCase()) throw changed();
      const frame = { kind: TERMINAL_KINDS.file, session: number, offset: offset - length, payload };
      await this.#link.sendInBackground(encodeTerminalFrame(frame));
      if (isLast || sending.isStopped) return;
    }
  }

  /** The receiver has every byte before `offset`. */
  progress({ transfer_id, number, offset }: Extract<HubFrame, { type: "file_progress" }>): void {
    const sending = this.#sendings.get(transfer_id);
    if (sending?.number !== number || offset <= sending.acked) return;
    sending.acked = offset;
    sending.wake();
  }

  /** Nobody wants it any more, or not from there. */
  stop(transferId: string): void {
    const sending = this.#sendings.get(transferId);
    if (!sending) return;
    this.#sendings.delete(transferId);
    sending.isStopped = true;
    sending.wake();
  }

  stopAll(): void {
    for (const transferId of [...this.#sendings.keys()]) this.stop(transferId);
  }
}

async function roomFor(end: number, sending: Sending): Promise<void> {
  while (!sending.isStopped && end > sending.acked + FILE_IN_FLIGHT_BYTES) {
    await new Promise<void>((wake) => {
      sending.wake = wake;
    });
  }
}

const changed = (): TransferError =>
  new TransferError("The file is not the one that was announced: it has changed since.");

async function piece(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) throw changed();
    done += bytesRead;
  }
  return bytes;
}
