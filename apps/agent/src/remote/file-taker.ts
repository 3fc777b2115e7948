import { FILE_MAX_AGE_MS, FILE_RESUMABLE_MAX_BYTES } from "@orchestratia/protocol/remote";
import type { HubFrame } from "@orchestratia/protocol/server-link";
import type { Logger } from "pino";
import { FolderWithin } from "./folder-within.ts";
import type { RemoteLink } from "./remote-link.ts";
import { TransferError } from "./sendable-file.ts";
import { partialName, TakenFile } from "./taken-file.ts";
import { type TakenRecord, TakenRecords } from "./taken-record.ts";
import { fileError } from "./transfer-sentence.ts";

const mostAtOnce = 4;
/** How often the hub hears how far a file is. */
const progressBytes = 64 * 1024;
const tellEveryMs = 5_000;
/** How long a file stays open when its link broke. */
const openMs = 10 * 60_000;
const sweepMs = 60 * 60_000;

type Frame<T extends HubFrame["type"]> = Extract<HubFrame, { type: T }>;

interface Taking {
  /** Of the run that goes on now; undefined while the link is broken. */
  number: number | undefined;
  file: TakenFile | undefined;
  told: number;
  isFinishing: boolean;
  /** Settles when there is no file that is still being opened. */
  opening: Promise<unknown>;
  idle: NodeJS.Timeout | undefined;
  isStopped: boolean;
}

export interface FileTakerOptions {
  /** Throws PolicyRefusal when the machine takes no files. */
  allow: () => void;
  /** The folder that files for this session go to; undefined when there is no such session. */
  folderOf: (sessionId: string) => string | undefined;
  /** Where no file comes to. */
  secret: () => readonly string[];
  /** Where the daemon remembers what is on its way. */
  recordsFolder: string;
  log: Logger;
}

/**
 * Files that come for sessions from machines of version 2. Each goes on where it stopped, after a broken link, another
 * hub process and another daemon process, until it is whole or nobody wants it any more; a day at most.
 */
export class FileTaker implements Disposable {
  readonly #link: RemoteLink;
  readonly #options: FileTakerOptions;
  readonly #records: TakenRecords;
  readonly #takings = new Map<string, Taking>();
  readonly #sweeping: NodeJS.Timeout;

  constructor(link: RemoteLink, options: FileTakerOptions) {
    this.#link = link;
    this.#options = options;
    this.#records = new TakenRecords(options.recordsFolder);
    this.#sweeping = setInterval(() => void this.#sweep(), sweepMs).unref();
    void this.#sweep();
  }

  /** Never rejects; a refusal is told to the hub. */
  async take(frame: Frame<"file_take">): Promise<void> {
    const { transfer_id, number } = frame;
    const record = this.#records.find(transfer_id);
    if (record?.arrived !== undefined) return this.#tellArrived(record, record.arrived);
    const known = this.#takings.get(transfer_id);
    if (known) return this.#goOn(transfer_id, known, number);
    if (this.#takings.size >= mostAtOnce) await this.#closeForgotten();
    if (this.#takings.size >= mostAtOnce) {
      // What is there of it stays until the hub gives it up.
      const full = new TransferError(`This machine takes ${mostAtOnce} files already.`);
      return this.#link.send(fileError(transfer_id, full, ""));
    }
    const taking: Taking = {
      number,
      file: undefined,
      told: 0,
      isFinishing: false,
      opening: Promise.resolve(),
      idle: undefined,
      isStopped: false,
    };
    try {
      this.#options.allow();
      if (frame.file_size > FILE_RESUMABLE_MAX_BYTES)
        throw new TransferError("The file is larger than any that is sent.");
      this.#takings.set(transfer_id, taking);
      const opening = TakenFile.open({
        ...this.#recordOf(frame),
        secret: this.#options.secret(),
        transferId: transfer_id,
        overwrite: frame.overwrite,
        size: frame.file_size,
        sha256: frame.sha256,
        onPiece: this.#signOfLife(transfer_id, taking),
      });
      taking.opening = opening.catch(() => undefined);
      taking.file = await opening;
      if (taking.isStopped) await taking.file[Symbol.asyncDispose]();
      else this.#tellTaking(transfer_id, taking);
    } catch (error) {
      if (!taking.isStopped) await this.#fail(transfer_id, error);
    }
  }

  async #tellArrived(record: TakenRecord, path: string): Promise<void> {
    await removePartialOf(record);
    this.#link.send({ type: "file_received", transfer_id: record.transfer_id, path });
  }

  async #goOn(transfer_id: string, taking: Taking, number: number): Promise<void> {
    taking.number = number;
    clearTimeout(taking.idle);
    // While it is opened or finished the hub hears of that anyway.
    if (!taking.file || taking.isFinishing) return;
    try {
      await taking.file.settled();
      if (taking.number === number) this.#tellTaking(transfer_id, taking);
    } catch (error) {
      await this.#fail(transfer_id, error);
    }
  }

  #tellTaking(transfer_id: string, taking: Taking): void {
    const offset = taking.file?.written ?? 0;
    taking.told = offset;
    if (taking.number === undefined) return;
    this.#link.send({ type: "file_taking", transfer_id, number: taking.number, offset });
  }

  #recordOf({ transfer_id, in_session, path }: Frame<"file_take">): TakenRecord {
    const known = this.#records.find(transfer_id);
    if (known) return known;
    const root = this.#options.folderOf(in_session);
    if (root === undefined) throw new TransferError("There is no such session here any more.");
    const record = { transfer_id, root, path, began_at: Date.now() };
    this.#records.write(record);
    return record;
  }

  #signOfLife(transfer_id: string, taking: Taking): () => void {
    let toldAt = performance.now();
    return () => {
      if (taking.isStopped) throw new TransferError("It is not wanted any more.");
      if (taking.number === undefined || performance.now() - toldAt < tellEveryMs) return;
      toldAt = performance.now();
      this.#link.send({ type: "file_progress", transfer_id, number: taking.number, offset: 0 });
    };
  }

  /** Bytes of the run with this number; those of an earlier run count for nothing. */
  receive(number: number, offset: number, bytes: Uint8Array): void {
    const [id, taking] = [...this.#takings].find(([, one]) => one.number === number) ?? [];
    if (id === undefined || !taking?.file || taking.isFinishing) return;
    const { file } = taking;
    if (!file.add(offset, bytes)) return;
    const isLast = file.isWhole;
    taking.isFinishing = isLast;
    file.settled().then(
      () => (isLast ? this.#finish(id, taking, file) : this.#tellProgress(id, taking, file)),
      (error: unknown) => this.#fail(id, error),
    );
  }

  #tellProgress(transfer_id: string, taking: Taking, { written }: TakenFile): void {
    if (taking.isStopped || taking.number === undefined || written - taking.told < progressBytes) return;
    taking.told = written;
    this.#link.send({ type: "file_progress", transfer_id, number: taking.number, offset: written });
  }

  async #finish(transfer_id: string, taking: Taking, file: TakenFile): Promise<void> {
    try {
      const path = await file.finish();
      const record = this.#records.find(transfer_id);
      if (record) this.#records.write({ ...record, arrived: path });
      await file.removePartial();
      await this.#close(transfer_id, taking);
      this.#options.log.info({ file: path }, "a file arrived");
      this.#link.send({ type: "file_received", transfer_id, path });
    } catch (error) {
      await this.#fail(transfer_id, error);
    }
  }

  /** The hub knows that the file is there. */
  async settled(transferId: string): Promise<void> {
    const record = this.#records.find(transferId);
    if (record?.arrived !== undefined) await removePartialOf(record);
    this.#records.remove(transferId);
  }

  /** Nobody wants it any more. */
  async abort(transferId: string): Promise<void> {
    const record = this.#records.find(transferId);
    const taking = this.#takings.get(transferId);
    if (taking?.file) await this.#drop(transferId, taking);
    else {
      if (taking) await this.#close(transferId, taking);
      await taking?.opening;
      if (record) await removePartialOf(record);
    }
    this.#records.remove(transferId);
  }

  async #fail(transferId: string, error: unknown): Promise<void> {
    await this.abort(transferId);
    this.#link.send(fileError(transferId, error, "The file could not be kept"));
  }

  async #drop(transferId: string, taking: Taking): Promise<void> {
    try {
      await taking.file?.removePartial();
    } catch (error) {
      this.#options.log.warn({ error: String(error) }, "an unfinished file could not be removed");
    }
    await this.#close(transferId, taking);
  }

  async #close(transferId: string, taking: Taking): Promise<void> {
    if (taking.isStopped) return;
    taking.isStopped = true;
    clearTimeout(taking.idle);
    if (this.#takings.get(transferId) === taking) this.#takings.delete(transferId);
    await taking.file?.[Symbol.asyncDispose]().catch(() => undefined);
  }

  /** What came stays, to go on with. */
  linkLost(): void {
    for (const [id, taking] of this.#takings) {
      taking.number = undefined;
      clearTimeout(taking.idle);
      taking.idle = setTimeout(() => void this.#close(id, taking), openMs).unref();
    }
  }

  /** Those that the hub has not asked for over the link that there is now. */
  async #closeForgotten(): Promise<void> {
    for (const [id, taking] of this.#takings) if (taking.number === undefined) await this.#close(id, taking);
  }

  async #sweep(): Promise<void> {
    for (const record of this.#records.all()) {
      if (Date.now() - record.began_at < FILE_MAX_AGE_MS || this.#takings.has(record.transfer_id)) continue;
      await removePartialOf(record);
      this.#records.remove(record.transfer_id);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#sweeping);
    for (const [id, taking] of this.#takings) void this.#close(id, taking);
  }
}

async function removePartialOf({ root, path, transfer_id }: TakenRecord): Promise<void> {
  try {
    await using folder = await FolderWithin.open(root, path.split("/").slice(0, -1).join("/"));
    await folder.remove(partialName(transfer_id));
  } catch {
    // Its folder is gone, and it with that.
  }
}
