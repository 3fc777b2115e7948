import { FILE_MAX_BYTES } from "@orchestratia/protocol/remote";
import type { HubFrame } from "@orchestratia/protocol/server-link";
import type { Logger } from "pino";
import { IncomingFile, removePartials } from "./incoming-file.ts";
import type { RemoteLink } from "./remote-link.ts";
import { TransferError } from "./sendable-file.ts";
import { fileError, sentenceOf } from "./transfer-sentence.ts";

const mostAtOnce = 4;
const stallMs = 60_000;

type Frame<T extends HubFrame["type"]> = Extract<HubFrame, { type: T }>;

interface UnderWay {
  file: IncomingFile | undefined;
  isEnding: boolean;
  stall: NodeJS.Timeout;
}

export interface IncomingOptions {
  /** Throws PolicyRefusal when the machine takes none. */
  allow: () => void;
  folder: string;
  log: Logger;
  stallMs?: number;
}

/**
 * Files that the hub brings. An offer is taken, or answered with the reason why not; from then on every piece comes in
 * order, and the end is answered with whether the file is the announced one. Whatever goes wrong leaves nothing behind.
 */
export class IncomingFiles {
  readonly #link: RemoteLink;
  readonly #options: IncomingOptions;
  readonly #underWay = new Map<string, UnderWay>();

  constructor(link: RemoteLink, options: IncomingOptions) {
    this.#link = link;
    this.#options = options;
    removePartials(options.folder);
  }

  async offered(offer: Frame<"file_offer">): Promise<void> {
    const { transfer_id } = offer;
    if (this.#underWay.has(transfer_id)) return;
    try {
      this.#refuse(offer);
    } catch (error) {
      this.#link.send(fileError(transfer_id, error, "The file is not taken"));
      return;
    }
    const entry: UnderWay = { file: undefined, isEnding: false, stall: this.#stallTimer(transfer_id) };
    this.#underWay.set(transfer_id, entry);
    try {
      entry.file = await IncomingFile.open(this.#options.folder, offer);
    } catch (error) {
      this.#fail(transfer_id, error);
      return;
    }
    // The transfer may have failed elsewhere in the meantime.
    if (this.#underWay.get(transfer_id) === entry) this.#link.send({ type: "file_accept", transfer_id });
    else await entry.file[Symbol.asyncDispose]();
  }

  /** Throws TransferError or PolicyRefusal. */
  #refuse({ file_size }: Frame<"file_offer">): void {
    this.#options.allow();
    if (this.#underWay.size >= mostAtOnce) throw new TransferError(`This machine takes ${mostAtOnce} files already.`);
    if (file_size > FILE_MAX_BYTES) throw new TransferError("The file is larger than any that is relayed.");
  }

  piece({ transfer_id, index, data }: Frame<"file_chunk">): void {
    const entry = this.#underWay.get(transfer_id);
    const file = entry?.file;
    if (!entry || !file) return;
    clearTimeout(entry.stall);
    entry.stall = this.#stallTimer(transfer_id);
    try {
      file.add(index, Buffer.from(data, "base64"));
    } catch (error) {
      this.#fail(transfer_id, error);
      return;
    }
    file.settled().catch((error: unknown) => this.#fail(transfer_id, error));
    if (file.isFull) this.#link.hold(file.settled());
  }

  async completed({ transfer_id }: Frame<"file_complete">): Promise<void> {
    const entry = this.#underWay.get(transfer_id);
    if (!entry?.file || entry.isEnding) return;
    entry.isEnding = true;
    try {
      const path = await entry.file.finish();
      await this.#forget(transfer_id);
      this.#link.send({ type: "file_ack", transfer_id, sha256_verified: path !== undefined });
      this.#options.log.info({ file: path }, path ? "a file arrived" : "a file arrived damaged and was removed");
    } catch (error) {
      this.#fail(transfer_id, error);
    }
  }

  /** The transfer failed elsewhere. */
  abort(transferId: string): void {
    void this.#forget(transferId);
  }

  abortAll(): void {
    for (const transferId of this.#underWay.keys()) void this.#forget(transferId);
  }

  #stallTimer(transferId: string): NodeJS.Timeout {
    const afterMs = this.#options.stallMs ?? stallMs;
    const late = new TransferError(`Nothing of the file came for ${Math.round(afterMs / 1000)} s.`);
    return setTimeout(() => this.#fail(transferId, late), afterMs);
  }

  #fail(transferId: string, error: unknown): void {
    if (!this.#underWay.has(transferId)) return;
    void this.#forget(transferId);
    this.#link.send(fileError(transferId, error, "The file could not be kept"));
  }

  async #forget(transferId: string): Promise<void> {
    const entry = this.#underWay.get(transferId);
    if (!entry) return;
    clearTimeout(entry.stall);
    this.#underWay.delete(transferId);
    await entry.file?.[Symbol.asyncDispose]().catch((error: unknown) => {
      this.#options.log.warn({ error: sentenceOf(error, "The file") }, "a part of a file could not be removed");
    });
  }
}
