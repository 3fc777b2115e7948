import { open, stat, truncate, writeFile } from "node:fs/promises";

const MAX_READ_BYTES = 1_000_000;

/** Zero when there is no such file. */
export const sizeOf = async (file: string): Promise<number> => (await stat(file).catch(() => ({ size: 0 }))).size;

/** What was written to `file` since it had `offset` bytes, at most a megabyte of it. */
export async function readFrom(file: string, offset: number): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_READ_BYTES), 0, MAX_READ_BYTES, offset);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Keeps a log that another process appends to from growing for ever: the end of it moves to `<file>.1`. */
export async function capLog(file: string, maxBytes: number): Promise<void> {
  const size = await sizeOf(file);
  if (size <= maxBytes) return;
  await writeFile(`${file}.1`, await readFrom(file, Math.max(0, size - MAX_READ_BYTES)), { mode: 0o600 });
  // The writer appends, so it goes on at the new end.
  await truncate(file);
}
