import { once } from "node:events";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createCluster, dataVersion, resetPassword } from "./cluster.ts";
import { readFrom, sizeOf } from "./log-file.ts";
import type { Place } from "./place.ts";
import { becomesFree, findFreePort } from "./port.ts";
import {
  disownPidFile,
  findPostmaster,
  isPostmaster,
  type Postmaster,
  type PostmasterOptions,
  runsAs,
  spawnPostmaster,
  stopPostmaster,
} from "./postmaster.ts";
import { createPassword, readPassword, readPort, serverUrl, waitForSignIn, writePort } from "./sign-in.ts";

export interface LaunchOptions extends Pick<PostmasterOptions, "settings" | "environment"> {
  /** The home's folder for Postgres: password, port, log and, mostly, the data. */
  folder: string;
  place: Place;
  say: (message: string) => void;
}

export interface Running {
  url: string;
  adopted: boolean;
  postmaster: Postmaster;
  /** How to start it again. */
  options: PostmasterOptions;
}

const RETRY_MS = 100;
const MAX_RETRIES = 100;

/** Makes the home's server run: adopts the one that runs, or prepares the data where needed and starts one. */
export async function launch({ folder, place, say, ...extra }: LaunchOptions): Promise<Running> {
  const left = await findPostmaster(place.dataFolder);
  const port = (await readPort(folder)) ?? left?.port ?? (await findFreePort());
  const options = { ...extra, place, port, logFile: path.join(folder, "log") };
  const known = await readPassword(folder);

  if (left && known && runsAs(left, options)) {
    const url = serverUrl(port, known);
    const isAlive = () => isPostmaster(left.pid, place.dataFolder);
    if ((await waitForSignIn(url, isAlive)) === "yes") return { url, adopted: true, postmaster: left, options };
  }
  if (left) {
    say("stopping a database server that was left running and does not fit");
    await stopPostmaster(left.pid, place.dataFolder);
  }
  return startFresh(folder, options, await prepareData(folder, place, known, say));
}

/** Returns the password that the data knows. */
async function prepareData(
  folder: string,
  place: Place,
  known: string | undefined,
  say: LaunchOptions["say"],
): Promise<string> {
  const { dataFolder, binaries } = place;
  const version = await dataVersion(dataFolder);
  const password = known ?? (await createPassword(folder));
  if (version === undefined) {
    say("making the database");
    await createCluster(place, password);
  } else if (version !== binaries.major) {
    throw new Error(
      `${dataFolder} was made by Postgres ${version} and this hub brings Postgres ${binaries.major}: ` +
        "dump it with the hub it was made with and load it into a new one",
    );
  } else if (known === undefined) {
    await disownPidFile(dataFolder);
    await resetPassword(place, password);
  }
  return password;
}

async function startFresh(folder: string, options: PostmasterOptions, password: string): Promise<Running> {
  let mayReset = true;
  let { port } = options;
  for (;;) {
    if (!(await becomesFree(port))) port = await findFreePort();
    await writePort(folder, port);
    const withPort = { ...options, port };
    const outcome = await start(withPort, password);
    if (outcome === "refused" && mayReset) {
      // The password file is not the one that the data was made with, and who can write it may set the password.
      mayReset = false;
      await resetPassword(options.place, password);
    } else if (outcome === "refused") {
      throw new Error("Postgres does not take the password it was just given");
    } else if (outcome !== "port taken") {
      return { url: serverUrl(port, password), adopted: false, postmaster: outcome, options: withPort };
    }
  }
}

/** The server that now runs, or why there is none: our password does not fit, or somebody was quicker at the port. */
export async function start(
  options: PostmasterOptions,
  password: string,
): Promise<Postmaster | "refused" | "port taken"> {
  const { place, port, logFile } = options;
  for (let retries = 0; ; retries++) {
    await disownPidFile(place.dataFolder);
    const logged = await sizeOf(logFile);
    const pid = await spawnedPid(options);
    const outcome = await waitForSignIn(serverUrl(port, password), () => isPostmaster(pid, place.dataFolder));
    if (outcome === "yes") return { pid, port };
    if (outcome === "refused") {
      await stopPostmaster(pid, place.dataFolder);
      return "refused";
    }
    const output = await readFrom(logFile, logged);
    if (output.includes("could not bind")) return "port taken";
    // Remains of a server that was killed hold its memory until they notice, some milliseconds later.
    if (!output.includes("is still in use") || retries === MAX_RETRIES) {
      throw new Error(`Postgres does not start: ${output.trim()}`);
    }
    await delay(RETRY_MS);
  }
}

async function spawnedPid(options: PostmasterOptions): Promise<number> {
  const child = spawnPostmaster(options);
  if (child.pid !== undefined) return child.pid;
  const [cause] = await once(child, "error");
  throw new Error("the Postgres program cannot be run: set DATABASE_URL to use a server of your own", { cause });
}
