import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { SegmentStore, StoredFile } from "./segment-store.ts";

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

/** Keeps segments as files of a folder, which only the hub's user can enter. */
export function folderStore(folder: string): SegmentStore {
  const pathOf = (key: string) => path.join(folder, ...key.split("/"));

  async function* filesIn(key: string): AsyncGenerator<string[]> {
    const entries = await readdir(pathOf(key), { withFileTypes: true }).catch((error) => {
      if (isMissing(error)) return [];
      throw error;
    });
    const of = (name: string) => (key === "" ? name : `${key}/${name}`);
    const files = entries.filter((entry) => entry.isFile());
    if (files.length > 0) yield files.map(({ name }) => of(name));
    for (const entry of entries) if (entry.isDirectory()) yield* filesIn(of(entry.name));
  }

  /** Undefined when it was removed meanwhile. */
  const stored = (key: string): Promise<StoredFile | undefined> =>
    stat(pathOf(key)).then(
      ({ mtime }) => ({ key, storedAt: mtime }),
      () => undefined,
    );

  return {
    async put(key, bytes) {
      const target = pathOf(key);
      await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
      const unfinished = `${target}.${randomUUID()}.new`;
      try {
        // Once it is acknowledged the daemon forgets it, so it must survive the machine's power.
        await writeFile(unfinished, bytes, { mode: 0o600, flush: true });
        await rename(unfinished, target);
      } catch (error) {
        await rm(unfinished, { force: true });
        throw error;
      }
    },
    async get(key) {
      return readFile(pathOf(key)).catch((error) => {
        if (isMissing(error)) return undefined;
        throw error;
      });
    },
    async *list(prefix) {
      const parent = prefix.split("/").slice(0, -1).join("/");
      for await (const keys of filesIn(parent)) {
        const wanted = keys.filter((key) => key.startsWith(prefix));
        const found = await Promise.all(wanted.map(stored));
        yield found.filter((file) => file !== undefined);
      }
    },
    async remove(keys) {
      for (const key of keys) await rm(pathOf(key), { force: true });
      // Folders that nothing is left in; of one that a new segment came into meanwhile it fails, as it should.
      for (const parent of new Set(keys.map((key) => path.dirname(pathOf(key))))) await rmdir(parent).catch(() => {});
    },
  };
}
