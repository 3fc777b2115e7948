import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UnreachableError } from "@orchestratia/client/http";
import type { FileTransfer } from "@orchestratia/protocol/remote";
import { CommandError } from "../command-error.ts";
import type { CommandModule } from "../command-module.ts";
import { isUnderWay, printTransfer } from "../file-transfer.ts";
import { givenSeconds } from "../given-seconds.ts";
import * as operations from "../operations.ts";

const FIRST_LOOK_MS = 100;
const LAST_LOOK_MS = 1_000;

interface Options {
  to: string;
  path?: string;
  overwrite?: boolean;
  timeout: string;
}

export const fileSend: CommandModule = {
  examples: [
    "orchestratia file send result.json --to api-worker",
    "orchestratia file send dist.tar --to web-worker --path build/dist.tar --overwrite",
  ],
  define(command, context) {
    command
      .argument("<path>", "A file of this machine, in a folder that its daemon sends from; 10 GiB is the most")
      .requiredOption("--to <session>", "Name or id of the live session to whose directory it goes")
      .option("--path <path>", "Where it goes in that directory, instead of its name there")
      .option("--overwrite", "Replace what is there already")
      .option("--timeout <seconds>", "How long to wait until it is there", "300")
      .action(async (path: string, { to, timeout, path: target_path, overwrite }: Options) => {
        const endsAt = performance.now() + givenSeconds(timeout) * 1000;
        const body = { ...(await described(path)), target_session: to, target_path, overwrite };
        const hub = await context.hub();
        const { projectId: project_id } = context.environment;
        let transfer: FileTransfer = await hub.call(operations.sendFile, { body: { ...body, project_id } });
        const params = { transfer: transfer.transfer_id };
        for (let pauseMs = FIRST_LOOK_MS; isUnderWay(transfer); pauseMs = Math.min(pauseMs * 2, LAST_LOOK_MS)) {
          if (performance.now() + pauseMs > endsAt) throw stillUnderWay(transfer, timeout);
          await sleep(pauseMs);
          transfer = await hub.call(operations.viewFileTransfer, { params }).catch(stillThere(transfer));
        }
        printTransfer(context, transfer);
      });
  },
};

/** A file goes on when a hub that was away is back: not hearing of it is no failure. */
const stillThere = (last: FileTransfer) => (error: unknown) => {
  if (error instanceof UnreachableError) return last;
  throw error;
};

/** The daemon sends what is there when it is asked; the hub holds that against what is said here. */
async function described(path: string) {
  const file_path = resolve(path);
  const found = await stat(file_path).catch(() => undefined);
  if (!found?.isFile()) throw new CommandError("invalid_input", `There is no file ${path}.`);
  const hash = createHash("sha256");
  let file_size = 0;
  for await (const bytes of createReadStream(file_path) as AsyncIterable<Buffer>) {
    hash.update(bytes);
    file_size += bytes.length;
  }
  return { filename: basename(file_path), file_path, file_size, sha256: hash.digest("hex") };
}

const stillUnderWay = (transfer: FileTransfer, timeout: string) =>
  new CommandError(
    "timeout",
    `${transfer.filename} is not there after ${timeout} s, and goes on: orchestratia file status ${transfer.transfer_id}`,
    { transfer },
  );
