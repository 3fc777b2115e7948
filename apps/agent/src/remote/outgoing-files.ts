import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { FILE_CHUNK_BYTES, FILE_MAX_BYTES } from "@orchestratia/protocol/remote";
import type { HubFrame } from "@orchestratia/protocol/server-link";
import type { RemoteLink } from "./remote-link.ts";
import { openSendable, type SendFolders, TransferError } from "./sendable-file.ts";
import { fileError } from "./transfer-sentence.ts";

const mostAtOnce = 4;

export interface OutgoingOptions {
  /** Throws PolicyRefusal when the machine sends none. */
  allow: () => void;
  folders: () => SendFolders;
}

/** Files on their way to the hub: piece by piece, the next one when the kernel has taken the one before. */
export class OutgoingFiles {
  readonly #link: RemoteLink;
  readonly #options: OutgoingOptions;
  readonly #underWay = new Map<string, AbortController>();

  constructor(link: RemoteLink, options: OutgoingOptions) {
    this.#link = link;
    this.#options = options;
  }

  /** Never rejects; a refusal is told to the hub. */
  async start({ transfer_id, file_path }: Extract<HubFrame, { type: "file_send_start" }>): Promise<void> {
    if (this.#underWay.has(transfer_id)) return;
    const aborted = new AbortController();
    try {
      this.#options.allow();
      if (this.#underWay.size >= mostAtOnce) {
        throw new TransferError(`This machine sends ${mostAtOnce} files already.`);
      }
      this.#underWay.set(transfer_id, aborted);
      await this.#send(transfer_id, file_path, aborted.signal);
    } catch (error) {
      if (!aborted.signal.aborted) {
        this.#link.send(fileError(transfer_id, error, "The file could not be read"));
      }
    } finally {
      if (this.#underWay.get(transfer_id) === aborted) this.#underWay.delete(transfer_id);
    }
  }

  async #send(transfer_id: string, path: string, signal: AbortSignal): Promise<void> {
    const { file, size } = await openSendable(path, this.#options.folders());
    try {
      if (size > FILE_MAX_BYTES) {
        throw new TransferError(`The hub relays files of at most ${FILE_MAX_BYTES / 1024 / 1024} MiB.`);
      }
      const total_chunks = Math.ceil(size / FILE_CHUNK_BYTES);
      const hash = createHash("sha256");
      for (let index = 0; index < total_chunks; index += 1) {
        const bytes = await piece(file, index * FILE_CHUNK_BYTES, size);
        hash.update(bytes);
        const data = bytes.toString("base64");
        const isTaken = await this.#link.sendFlushed({ type: "file_chunk", transfer_id, index, data, total_chunks });
        if (!isTaken || signal.aborted) return;
      }
      this.#link.send({ type: "file_complete", transfer_id, total_chunks, sha256: hash.digest("hex") });
    } finally {
      await file.close();
    }
  }

  /** The transfer failed elsewhere. */
  abort(transferId: string): void {
    this.#underWay.get(transferId)?.abort();
  }

  abortAll(): void {
    for (const aborted of this.#underWay.values()) aborted.abort();
  }
}

async function piece(file: FileHandle, at: number, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(Math.min(FILE_CHUNK_BYTES, size - at));
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, at + done);
    if (bytesRead === 0) throw new TransferError("The file became shorter while it was sent.");
    done += bytesRead;
  }
  return bytes;
}
