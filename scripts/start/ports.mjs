import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the range from which systems take ports for outgoing connections. */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** The code of the error that listening there would end in, or undefined when the port is free. */
export async function whyNotFree(port, host) {
  const server = createServer();
  try {
    await once(server.listen(port, host), "listening");
    return undefined;
  } catch (error) {
    return error.code;
  } finally {
    server.close();
  }
}

export async function findFreePort(host = "127.0.0.1") {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(LOWEST, HIGHEST);
    if ((await whyNotFree(port, host)) === undefined) return port;
  }
  throw new Error(`found no free port between ${LOWEST} and ${HIGHEST}`);
}
