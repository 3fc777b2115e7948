import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const MIB = 1024 * 1024;

interface TerminalLog extends Disposable {
  file: string;
  bytes: number;
  mib: number;
}

/** A file of coloured log lines. */
export function terminalLog(mib: number): TerminalLog {
  const folder = mkdtempSync(path.join(os.tmpdir(), "orchestratia-bench-log-"));
  const file = path.join(folder, "log");
  const block = coloured();
  const opened = openSync(file, "w");
  for (let n = 0; n < mib; n += 1) writeSync(opened, block);
  closeSync(opened);
  return { file, bytes: mib * MIB, mib, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

function coloured(): Buffer {
  const lines: string[] = [];
  let length = 0;
  for (let n = 0; length < MIB; n += 1) {
    const colour = `\x1b[${30 + (n % 8)}m${String(n).padStart(7)}\x1b[0m`;
    const place = `src/modules/session/relay-${(n * 7919) % 997}.ts:${(n * 31) % 400}`;
    const line = `${colour}  ${place}  ${"the quick brown fox jumps over ".repeat(1 + (n % 3))}\r\n`;
    lines.push(line);
    length += line.length;
  }
  return Buffer.from(lines.join("").slice(0, MIB));
}
