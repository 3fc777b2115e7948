import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";

const OWNER_ONLY = 0o600;

/** What the file holds; made once, whole or not at all, when it is not there. */
export async function readOrMakePrivateFile(file: string, make: () => string): Promise<string> {
  const present = await readPrivateFile(file);
  if (present !== undefined) return present;
  const draft = await writeDraft(file, make());
  try {
    // Unlike a rename, a link never replaces what another process made meanwhile.
    await link(draft, file);
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(file, "utf8");
}

export async function writePrivateFile(file: string, content: string): Promise<void> {
  await rename(await writeDraft(file, content), file);
}

/** Undefined when there is no such file. */
export async function readPrivateFile(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function writeDraft(file: string, content: string): Promise<string> {
  const draft = `${file}.${randomUUID().slice(0, 8)}`;
  await writeFile(draft, content, { mode: OWNER_ONLY, flag: "wx", flush: true });
  return draft;
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;
