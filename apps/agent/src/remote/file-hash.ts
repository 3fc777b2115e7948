import { createHash, type Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";

const pieceBytes = 256 * 1024;

export interface HashedFile {
  /** Of the bytes before `at`; more can be added to it. */
  before: Hash;
  /** Of the first `size` bytes, in hexadecimal; undefined when there are fewer. */
  whole: string | undefined;
}

export interface HashRange {
  at: number;
  size: number;
  /** Called now and then, so that somebody hears that it goes on; what it throws ends it. */
  onPiece: () => void;
}

/** Reads a file once, a piece at a time, for its SHA-256 and that of its beginning. */
export async function hashFile(file: FileHandle, { at, size, onPiece }: HashRange): Promise<HashedFile> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(pieceBytes);
  let before = hash.copy();
  for (let done = 0; done < size; ) {
    const end = done < at ? at : size;
    const { bytesRead } = await file.read(buffer, 0, Math.min(pieceBytes, end - done), done);
    if (bytesRead === 0) return { before, whole: undefined };
    hash.update(buffer.subarray(0, bytesRead));
    done += bytesRead;
    if (done === at) before = hash.copy();
    onPiece();
  }
  return { before, whole: hash.digest("hex") };
}
