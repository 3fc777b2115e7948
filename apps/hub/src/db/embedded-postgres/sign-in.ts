import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { DATABASE, ROLE } from "./cluster.ts";

const WRONG_PASSWORD = "28P01";
const STARTING_OR_STOPPING = "57P03";

export const serverUrl = (port: number, password: string): string =>
  `postgres://${ROLE}:${password}@127.0.0.1:${port}/${DATABASE}`;

/** The password and the port are each a small file in the home; a missing or cut one reads as undefined. */
export const readPassword = (folder: string): Promise<string | undefined> =>
  readWhole(path.join(folder, "password"), /^[0-9a-f]{48}$/);

export async function createPassword(folder: string): Promise<string> {
  const password = randomBytes(24).toString("hex");
  await writeWhole(path.join(folder, "password"), password);
  return password;
}

export async function readPort(folder: string): Promise<number | undefined> {
  const text = await readWhole(path.join(folder, "port"), /^\d{1,5}$/);
  return text === undefined ? undefined : Number(text);
}

export const writePort = (folder: string, port: number): Promise<void> =>
  writeWhole(path.join(folder, "port"), String(port));

/**
 * "yes" as soon as the server lets us in; "refused" when it does not know our password; "gone" when `isAlive` says
 * that it ended. A server that still recovers from a crash is waited for.
 */
export async function waitForSignIn(url: string, isAlive: () => boolean): Promise<"yes" | "refused" | "gone"> {
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 1.5, 200)) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    client.on("error", () => {});
    try {
      await client.connect();
      // A stranger on our port while our server is going down would not count.
      return isAlive() ? "yes" : "gone";
    } catch (error) {
      // Anything but an answer of the server means that it is not up yet, or is down.
      if (error instanceof pg.DatabaseError && error.code !== STARTING_OR_STOPPING) {
        if (error.code === WRONG_PASSWORD) return "refused";
        throw error;
      }
    } finally {
      await client.end().catch(() => {});
    }
    if (!isAlive()) return "gone";
    await delay(pauseMs);
  }
}

async function readWhole(file: string, shape: RegExp): Promise<string | undefined> {
  try {
    const text = (await readFile(file, "utf8")).trim();
    return shape.test(text) ? text : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Writes so that a crash leaves the old file or the new one; readable for nobody else. */
async function writeWhole(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, `${text}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
