import { constants } from "node:fs";
import { type FileHandle, lstat, open, realpath, rm } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { holds, TransferError } from "./sendable-file.ts";

const asFolder = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
/** Where a name behind an open folder's number is looked up in that very folder, whatever its path has become. */
const descriptors = process.platform === "linux" ? "/proc/self/fd" : undefined;

/**
 * A folder that lies in another one, held open: what is done to the names in it is done in that very folder, also when
 * somebody puts a link in the place of a part of its path meanwhile. Where the system has no such paths (everything but
 * Linux) the path is looked at again before each use.
 */
export class FolderWithin implements AsyncDisposable {
  readonly path: string;
  readonly #root: string;
  readonly #folder: FileHandle;

  private constructor(root: string, path: string, folder: FileHandle) {
    this.path = path;
    this.#root = root;
    this.#folder = folder;
  }

  /** Links are followed as long as they stay within `root`. Throws TransferError when there is no such folder in it. */
  static async open(root: string, path: string): Promise<FolderWithin> {
    const missing = new TransferError(`There is no folder ${path || "."} in the session's directory.`);
    const realRoot = await realpath(root).catch(() => undefined);
    const real = realRoot && (await realpath(join(realRoot, path)).catch(() => undefined));
    if (!realRoot || !real || !holds(realRoot, real)) throw missing;
    let folder = await open(realRoot, asFolder);
    try {
      // No part of this path is a link, unless it became one since: then it does not open.
      const parts = relative(realRoot, real)
        .split(sep)
        .filter((part) => part !== "");
      for (const [index, part] of parts.entries()) {
        const parent = descriptors ? `${descriptors}/${folder.fd}` : join(realRoot, ...parts.slice(0, index));
        const next = await open(join(parent, part), asFolder);
        await folder.close();
        folder = next;
      }
    } catch {
      await folder.close().catch(() => undefined);
      throw missing;
    }
    return new FolderWithin(realRoot, real, folder);
  }

  /** A path that leads to this plain name in the open folder. Throws TransferError when that is elsewhere by now. */
  async at(name: string): Promise<string> {
    if (descriptors) return `${descriptors}/${this.#folder.fd}/${name}`;
    const [now, then] = await Promise.all([lstat(this.path).catch(() => undefined), this.#folder.stat()]);
    const real = await realpath(this.path).catch(() => undefined);
    if (now?.ino === then.ino && now.dev === then.dev && real && holds(this.#root, real)) return join(this.path, name);
    throw new TransferError("The folder that the file goes to was moved.");
  }

  async remove(name: string): Promise<void> {
    await rm(await this.at(name), { force: true });
  }

  /** Makes what was done to its names last. */
  async sync(): Promise<void> {
    await this.#folder.sync().catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder.close();
  }
}
