import { copyFileSync, existsSync, readFileSync, statSync, truncateSync } from "node:fs";

const MAX_BYTES = 10_000_000;

/** Keeps a log small: what is too large becomes `<file>.1`. Writers append, so they need not notice. */
export function trim(file) {
  if (!existsSync(file) || statSync(file).size < MAX_BYTES) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
}

export const sizeOf = (file) => (existsSync(file) ? statSync(file).size : 0);

/** The last lines that were written since the file had `from` bytes. */
export function lastLines(file, from, count = 15) {
  if (!existsSync(file)) return "";
  const written = readFileSync(file).subarray(from).toString("utf8");
  return written.trimEnd().split("\n").slice(-count).join("\n");
}
