import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, relative, resolve, sep } from "node:path";

/** Where files may be sent from. */
export interface SendFolders {
  allowed: readonly string[];
  /** Our own configuration and state, which are never sent, unless they are allowed by a folder within them. */
  secret: readonly string[];
}

/** A refusal in words for the people and agents at the other end. */
export class TransferError extends Error {
  override readonly name = "TransferError";
}

/**
 * Opens a file for sending. Links are followed first, so that what counts is where the file really is. Throws
 * TransferError when there is no such regular file, or it lies in none of the allowed folders.
 */
export async function openSendable(path: string, folders: SendFolders): Promise<{ file: FileHandle; size: number }> {
  if (!isAbsolute(path)) throw new TransferError(`${path} is not an absolute path.`);
  const real = await realpath(path).catch(() => undefined);
  // Whether a file outside exists is nobody's business.
  if (!real || !(await isAllowed(real, folders))) {
    throw new TransferError(
      `There is no file ${path} in the folders that this machine sends from (files.folders in its policy.yaml).`,
    );
  }
  // Not to wait for the other end of a pipe, and not to follow what has become a link since.
  const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error) => {
    throw new TransferError(`${path} cannot be read: ${(error as Error).message}`);
  });
  const found = await file.stat();
  if (found.isFile()) return { file, size: found.size };
  await file.close();
  throw new TransferError(`${path} is not a regular file.`);
}

/** Whether the file, a path without links, lies in an allowed folder and in no secret one within that. */
export async function isAllowed(file: string, { allowed, secret }: SendFolders): Promise<boolean> {
  const [mayBe, mustNot] = await Promise.all([deepestOf(allowed, file), deepestOf(secret, file)]);
  return mayBe > mustNot;
}

/** How long the path of the innermost of these folders that holds `file` is; -1 when none does. */
async function deepestOf(folders: readonly string[], file: string): Promise<number> {
  const real = await Promise.all(folders.map((folder) => realpath(absolute(folder)).catch(() => undefined)));
  const holding = real.filter((folder) => folder !== undefined).filter((folder) => holds(folder, file));
  return Math.max(-1, ...holding.map(({ length }) => length));
}

/** Whether `path` is the folder or lies in it. */
export function holds(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

const absolute = (path: string): string => resolve(homedir(), path.replace(/^~(?=\/|$)/, homedir()));

/**
 * The usual folders: repositories, where this project's sessions work, and what arrived here. A session that works in
 * the home folder, or above it, adds nothing: keys and mail are there too.
 */
export function usualFolders(of: {
  repos: readonly string[];
  sessions: readonly string[];
  transfers: string;
}): string[] {
  return [...of.repos, ...of.sessions.filter((folder) => !holds(folder, homedir())), of.transfers];
}
