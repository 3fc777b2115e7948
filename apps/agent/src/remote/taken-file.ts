import type { Hash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, lstat, open, rename, statfs } from "node:fs/promises";
import { join, posix } from "node:path";
import { hashFile } from "./file-hash.ts";
import { FolderWithin } from "./folder-within.ts";
import { isAllowed, TransferError } from "./sendable-file.ts";

/** What a machine keeps for others. */
const roomBytes = 64 * 1024 * 1024;
const mostPathBytes = 1024;

export interface TakenFileOptions {
  transferId: string;
  /** The folder that it stays in. */
  root: string;
  /** Within `root`. */
  path: string;
  /** Our own configuration and state, where nothing comes to unless `root` lies within. */
  secret: readonly string[];
  overwrite: boolean;
  size: number;
  sha256: string;
  /** Called now and then while what is here already is read again; what it throws ends that. */
  onPiece: () => void;
}

export const partialName = (transferId: string): string => `.${transferId}.part`;

/**
 * A file that comes in pieces into a folder that it does not leave. Until it is whole and its SHA-256 is right it is a
 * hidden file beside its place; closing it leaves that there, to go on with.
 */
export class TakenFile implements AsyncDisposable {
  readonly #options: TakenFileOptions;
  readonly #folder: FolderWithin;
  readonly #name: string;
  readonly #file: FileHandle;
  readonly #hash: Hash;
  #accepted: number;
  #written: number;
  #writing: Promise<void> = Promise.resolve();

  private constructor(options: TakenFileOptions, opened: Opened) {
    this.#options = options;
    this.#folder = opened.folder;
    this.#name = opened.name;
    this.#file = opened.file;
    this.#hash = opened.hash;
    this.#accepted = opened.size;
    this.#written = opened.size;
  }

  /** Goes on with what is there of it. Throws TransferError when it may not be where it is to be, or finds no room. */
  static async open(options: TakenFileOptions): Promise<TakenFile> {
    const { folder, name } = await placeOf(options);
    try {
      const { root, path, secret } = options;
      if (!(await isAllowed(join(folder.path, name), { allowed: [root], secret }))) {
        throw new TransferError(`${path} is the daemon's own, and no place for files.`);
      }
      if (!options.overwrite) await mustBeFree(options, folder, name);
      const { file, size, hash } = await openPartial(options, folder);
      return new TakenFile(options, { folder, name, file, size, hash });
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Bytes that are in the file. */
  get written(): number {
    return this.#written;
  }

  get isWhole(): boolean {
    return this.#accepted === this.#options.size;
  }

  /** False, and nothing happens, when these are not the next bytes. A disk that is full rejects `settled`. */
  add(offset: number, bytes: Uint8Array): boolean {
    if (offset !== this.#accepted || offset + bytes.length > this.#options.size) return false;
    this.#accepted += bytes.length;
    this.#hash.update(bytes);
    this.#writing = this.#writing.then(async () => {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, offset + done);
        done += bytesWritten;
      }
      this.#written += bytes.length;
    });
    // Whoever waits for `settled` hears of it.
    this.#writing.catch(() => undefined);
    return true;
  }

  settled(): Promise<void> {
    return this.#writing;
  }

  /** Gives the whole file its name; answers where it is. Throws TransferError when its bytes are not the announced ones. */
  async finish(): Promise<string> {
    const { transferId, overwrite, sha256 } = this.#options;
    await this.#writing;
    if (this.#hash.copy().digest("hex") !== sha256.toLowerCase()) {
      throw new TransferError("What came is not the file that was announced: its SHA-256 is another one.");
    }
    await this.#file.sync();
    const partial = await this.#folder.at(partialName(transferId));
    const target = await this.#folder.at(this.#name);
    if (overwrite) {
      await mustBeNoFolder(target, this.#name);
      await rename(partial, target);
    } else {
      // A link is made only where there is nothing.
      await link(partial, target).catch((error: NodeJS.ErrnoException) => {
        throw error.code === "EEXIST" ? isThere(this.#options.path) : error;
      });
    }
    await this.#folder.sync();
    return join(this.#folder.path, this.#name);
  }

  /** Removes what is hidden. */
  async removePartial(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#folder.remove(partialName(this.#options.transferId));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#file.close();
    await this.#folder[Symbol.asyncDispose]();
  }
}

interface Opened {
  folder: FolderWithin;
  name: string;
  file: FileHandle;
  size: number;
  hash: Hash;
}

/** Throws TransferError when the path is none that a file from elsewhere may have. */
async function placeOf({ root, path }: { root: string; path: string }) {
  if (!isPlainPath(path)) {
    throw new TransferError(
      `${path} is no path for a file from elsewhere: relative, and nothing in it begins with a dot.`,
    );
  }
  const { dir, base } = posix.parse(path);
  return { folder: await FolderWithin.open(root, dir), name: base };
}

/** Hidden names are configuration: of shells, of git, of agents. */
function isPlainPath(path: string): boolean {
  const parts = path.split("/");
  return (
    Buffer.byteLength(path) <= mostPathBytes &&
    !/[\\\p{Cc}]/u.test(path) &&
    parts.every((part) => part !== "" && !part.startsWith(".") && Buffer.byteLength(part) <= 240)
  );
}

const isThere = (path: string): TransferError =>
  new TransferError(`There is a file ${path} in the session's directory already, and overwrite was not asked for.`);

/** Unless it is what the daemon placed there itself before it was killed. */
async function mustBeFree({ transferId, path }: TakenFileOptions, folder: FolderWithin, name: string): Promise<void> {
  const there = await lstat(await folder.at(name)).catch(() => undefined);
  if (!there) return;
  const partial = await lstat(await folder.at(partialName(transferId))).catch(() => undefined);
  if (partial?.ino === there.ino && partial.dev === there.dev) await folder.remove(name);
  else throw isThere(path);
}

async function mustBeNoFolder(target: string, name: string): Promise<void> {
  const there = await lstat(target).catch(() => undefined);
  if (there?.isDirectory()) throw new TransferError(`${name} is a folder.`);
}

async function openPartial({ transferId, root, size, onPiece }: TakenFileOptions, folder: FolderWithin) {
  const path = await folder.at(partialName(transferId));
  // Not to wait for the other end of a pipe that somebody put there, and to follow no link.
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags, 0o600);
  try {
    const found = await file.stat();
    if (!found.isFile() || found.nlink !== 1)
      throw new TransferError("Something else is in the place of the unfinished file.");
    const have = found.size <= size ? found.size : 0;
    if (have !== found.size) await file.truncate(have);
    const { bavail, bsize } = await statfs(root);
    if (bavail * bsize < size - have + roomBytes)
      throw new TransferError("There is no room for the file on the receiver's disk.");
    const { before } = await hashFile(file, { at: have, size: have, onPiece });
    return { file, size: have, hash: before };
  } catch (error) {
    await file.close();
    throw error;
  }
}
