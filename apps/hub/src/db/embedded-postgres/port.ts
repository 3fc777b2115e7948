import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** Below the range from which systems take ports for outgoing connections, so that ours stays free while we are down. */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** How long a server that was just killed may still hold its port. */
const GRACE_MS = 500;

/** Waits a moment for the port to be given up. */
export async function becomesFree(port: number): Promise<boolean> {
  const deadline = Date.now() + GRACE_MS;
  while (!(await isPortFree(port))) {
    if (Date.now() > deadline) return false;
    await delay(20);
  }
  return true;
}

async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, "127.0.0.1"), "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isPortFree(port)) return port;
  }
  throw new Error(`found no free port between ${LOWEST} and ${HIGHEST}`);
}
