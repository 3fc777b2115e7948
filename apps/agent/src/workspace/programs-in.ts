import { readdir, readlink, realpath } from "node:fs/promises";
import { holds } from "../remote/sendable-file.ts";

/** Whether a program of this user stands in the folder or below it. Where there is no /proc nobody knows: then not. */
export async function hasProgramsIn(folder: string): Promise<boolean> {
  const real = await realpath(folder).catch(() => undefined);
  if (real === undefined) return false;
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const places = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => undefined)));
  return places.some((place) => place !== undefined && holds(real, place));
}
