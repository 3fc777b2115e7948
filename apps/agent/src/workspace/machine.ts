import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What tells this machine from others for good, or an empty text when the system does not say. */
export async function machineId(): Promise<string> {
  try {
    if (process.platform === "linux") return (await readFile("/etc/machine-id", "utf8")).trim();
    const { stdout } = await run("ioreg", ["-rd1", "-c", "IOPlatformExpertDevice"], { timeout: 5000 });
    return /"IOPlatformUUID" = "([^"]+)"/.exec(stdout)?.[1] ?? "";
  } catch {
    return "";
  }
}

/** The first network card's address, or an empty text. */
export function macAddress(): string {
  const cards = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return cards.find(({ internal, mac }) => !internal && mac !== "00:00:00:00:00:00")?.mac ?? "";
}
