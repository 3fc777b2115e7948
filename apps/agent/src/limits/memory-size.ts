import { totalmem } from "node:os";
import { z } from "zod";

const units: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/** Less than this no agent fits into: it is a slip of the pen. */
const smallest = 16 * 1024 ** 2;

/** Bytes of `text` such as "8 GiB" or "500 MB", or undefined when it is no size. */
function bytesOf(text: string): number | undefined {
  const [, amount = "", unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]i?b|b)\s*$/i.exec(text) ?? [];
  const unitBytes = units[unit.toLowerCase()];
  return unitBytes === undefined ? undefined : Math.round(Number(amount) * unitBytes);
}

/** An amount of memory in a configuration: a number of bytes, or a text such as "8 GiB". */
export const MemorySize = z
  .union([z.number(), z.string()], { error: 'a number of bytes or a size such as "8 GiB"' })
  .transform((given, context) => {
    const bytes = typeof given === "number" ? given : bytesOf(given);
    if (bytes === undefined || !Number.isSafeInteger(bytes))
      context.addIssue(`${JSON.stringify(given)} is no amount of memory: a number of bytes or a size such as "8 GiB"`);
    else if (bytes < smallest)
      context.addIssue(`${JSON.stringify(given)} is less than 16 MiB, in which no session can run`);
    return bytes ?? 0;
  });

/** `bytes` as people say it: "1.5 GiB". */
export function memoryText(bytes: number): string {
  const [name, unit] = bytes < 1024 ** 3 ? (["MiB", 1024 ** 2] as const) : (["GiB", 1024 ** 3] as const);
  return `${Number((bytes / unit).toFixed(1))} ${name}`;
}

/** What this machine has, or the container that we run in. */
export function machineMemory(): number {
  const allowed = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return Math.min(totalmem(), allowed);
}
