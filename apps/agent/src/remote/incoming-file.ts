import { createHash, randomUUID } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { type FileHandle, link, open, rm } from "node:fs/promises";
import { join, parse } from "node:path";
import type { HubFrame } from "@orchestratia/protocol/server-link";
import { makePrivateFolder } from "../terminals/session-folder.ts";
import { TransferError } from "./sendable-file.ts";

/** Bytes that came and are not written yet, above which no more should be read. */
const mostUnwritten = 1024 * 1024;
const mostNames = 1000;
const partial = /^\.[0-9a-f-]{36}\.part$/;

export type FileOffer = Pick<Extract<HubFrame, { type: "file_offer" }>, "filename" | "file_size" | "sha256">;

/**
 * A file that comes in pieces, in order, into a folder. It bears its name only when it is whole and its SHA-256 is
 * right; until then it is a hidden file that disposing of it removes.
 */
export class IncomingFile implements AsyncDisposable {
  readonly #folder: string;
  readonly #offer: FileOffer;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #hash = createHash("sha256");
  #pieces = 0;
  #accepted = 0;
  #written = 0;
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(folder: string, offer: FileOffer, path: string, file: FileHandle) {
    this.#folder = folder;
    this.#offer = offer;
    this.#path = path;
    this.#file = file;
  }

  /** Throws TransferError when the name is not a plain one. */
  static async open(folder: string, offer: FileOffer): Promise<IncomingFile> {
    if (!isPlainName(offer.filename)) throw new TransferError("The file's name is not a plain name.");
    makePrivateFolder(folder);
    const path = join(folder, `.${randomUUID()}.part`);
    return new IncomingFile(folder, offer, path, await open(path, "wx", 0o600));
  }

  /** More should not be read before `settled`. */
  get isFull(): boolean {
    return this.#accepted - this.#written > mostUnwritten;
  }

  /** Throws TransferError for a piece out of order, or one too many. A disk that is full rejects `settled`. */
  add(index: number, bytes: Buffer): void {
    if (index !== this.#pieces) throw new TransferError(`Piece ${this.#pieces} of the file is missing.`);
    if (this.#accepted + bytes.length > this.#offer.file_size) {
      throw new TransferError("The file is larger than was announced.");
    }
    this.#pieces += 1;
    this.#accepted += bytes.length;
    this.#hash.update(bytes);
    this.#writing = this.#writing.then(async () => {
      await this.#file.appendFile(bytes);
      this.#written += bytes.length;
    });
    // Whoever waits for `settled` hears of it.
    this.#writing.catch(() => undefined);
  }

  settled(): Promise<void> {
    return this.#writing;
  }

  /**
   * Gives the file its name and answers where it is; undefined when its bytes are not the announced ones. Throws
   * TransferError when some are missing.
   */
  async finish(): Promise<string | undefined> {
    const { file_size, sha256, filename } = this.#offer;
    if (this.#accepted !== file_size) throw new TransferError("The file is shorter than was announced.");
    await this.#writing;
    if (this.#hash.digest("hex") !== sha256.toLowerCase()) return undefined;
    await this.#file.sync();
    return placed(this.#path, this.#folder, filename);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#writing.catch(() => undefined);
    await this.#file.close();
    await rm(this.#path, { force: true });
  }
}

/** Nothing that is there is ever replaced: a link is made only where there is nothing. */
async function placed(path: string, folder: string, filename: string): Promise<string> {
  const { name, ext } = parse(filename);
  for (let copy = 1; copy <= mostNames; copy += 1) {
    const target = join(folder, copy === 1 ? filename : `${name}-${copy}${ext}`);
    try {
      await link(path, target);
      return target;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  throw new TransferError(`There are ${mostNames} files of this name already.`);
}

/** The hub has made it one; we do not rely on it. */
function isPlainName(name: string): boolean {
  return name !== "" && !name.startsWith(".") && Buffer.byteLength(name) <= 240 && !/[/\\\p{Cc}]/u.test(name);
}

/** Removes what a daemon that was killed had not finished. */
export function removePartials(folder: string): void {
  for (const name of readNames(folder)) if (partial.test(name)) rmSync(join(folder, name), { force: true });
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
