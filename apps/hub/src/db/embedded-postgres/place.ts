import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { copyBinaries, executable, type PostgresBinaries } from "./binaries.ts";
import { chooseOwner, type Owner } from "./owner.ts";

/** Where a home's server lives, and as whom it runs (undefined: as the user who runs the hub). */
export interface Place {
  binaries: PostgresBinaries;
  dataFolder: string;
  /** Holds all that does not lie in the home, if anything. */
  outsideFolder: string | undefined;
  owner: Owner | undefined;
}

const OUTSIDE = "/var/lib/orchestratia";

/**
 * An ordinary user keeps the data in the home and runs the binaries where npm put them. Root must run the server as
 * another user, whom any closed folder above either of them (`/root`, a `mktemp -d`) keeps out: then both go to
 * `/var/lib/orchestratia/<hash of home>`.
 */
export async function choosePlace(folder: string, found: PostgresBinaries): Promise<Place> {
  const dataInside = path.join(folder, "data");
  if (process.getuid?.() !== 0) {
    return { binaries: found, dataFolder: dataInside, outsideFolder: undefined, owner: undefined };
  }

  const outside = path.join(OUTSIDE, createHash("sha256").update(folder).digest("hex").slice(0, 16));
  const dataOutside = path.join(outside, "data");
  const owner = await chooseOwner([dataInside, dataOutside]);
  await chmod(folder, 0o711);
  const folderIsOpen = mayEnter(folder, owner);
  const binariesAreOpen = mayRun(found, owner);

  const stayInside = (await exists(dataInside)) || (folderIsOpen && binariesAreOpen && !(await exists(dataOutside)));
  if (stayInside && !folderIsOpen) {
    throw new Error(
      `user ${owner.uid} runs Postgres and cannot reach its data in ${folder}: open the folders above it (chmod o+x)`,
    );
  }
  if (stayInside && binariesAreOpen) {
    return { binaries: found, dataFolder: dataInside, outsideFolder: undefined, owner };
  }
  await mkdir(outside, { recursive: true, mode: 0o755 });
  for (const each of [OUTSIDE, outside]) await chmod(each, 0o755);
  await writeFile(path.join(outside, "belongs-to"), `${folder}\n`);
  return {
    binaries: await copyBinaries(found, outside),
    dataFolder: stayInside ? dataInside : dataOutside,
    outsideFolder: outside,
    owner,
  };
}

const exists = async (file: string): Promise<boolean> => (await stat(file).catch(() => undefined)) !== undefined;

/** Asked as that user, since modes alone say nothing about access lists and mount options. */
const shellAgrees = (owner: Owner, script: string, ...args: string[]): boolean =>
  spawnSync("/bin/sh", ["-c", script, "sh", ...args], { ...owner, cwd: "/", stdio: "ignore" }).status === 0;

const mayEnter = (folder: string, owner: Owner): boolean => shellAgrees(owner, 'test -x "$1"', folder);

const mayRun = (binaries: PostgresBinaries, owner: Owner): boolean =>
  shellAgrees(
    owner,
    '"$1" --version && test -x "$2" && test -r "$3"',
    executable(binaries, "postgres"),
    executable(binaries, "initdb"),
    path.join(binaries.folder, "share/postgresql/postgres.bki"),
  );
