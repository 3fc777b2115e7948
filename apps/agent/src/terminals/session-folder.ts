import { createHash } from "node:crypto";
import { chmodSync, lstatSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { recordFile, type SessionRecord, sessionsFolder } from "@orchestratia/holder-link/session-record";

export const folderFiles = {
  record: recordFile,
  /** Holders of version 2 and before keep the output there. */
  ring: "output.ring",
  /** Changed when the program prints. */
  printed: "printed",
  log: "holder.log",
  deliveries: "deliveries.json",
} as const;

/** The kernel's limit for a unix socket's path is 108 bytes on Linux and 104 on macOS, the final NUL included. */
const longestSocketPath = 103;

export const sessionFolder = (stateDir: string, id: string): string => join(sessionsFolder(stateDir), id);

/** Makes a folder that only we can enter. Throws when it exists and belongs to somebody else. */
export function makePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== userInfo().uid) throw new Error(`${path} is not our folder`);
  chmodSync(path, 0o700);
}

/** Where a socket that belongs into `folder` goes: there, or when that path is too long, in a short private folder. */
export function privateSocketPath(folder: string, name: string): string {
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= longestSocketPath) return path;
  const runtime = join(tmpdir(), `orchestratia-${userInfo().uid}`);
  makePrivateFolder(runtime);
  return join(runtime, createHash("sha256").update(path).digest("hex").slice(0, 16));
}

/** Replaces the record in one step, so that a reader never sees half of it. */
export function writeRecord(folder: string, record: SessionRecord): void {
  const path = join(folder, folderFiles.record);
  writeFileSync(`${path}.new`, JSON.stringify(record, null, 2), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
