import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { RefusedError, UnreachableError } from "@orchestratia/client/http";
import type { Recording } from "@orchestratia/protocol/recordings";
import { CommandError } from "../command-error.ts";
import type { CommandModule } from "../command-module.ts";
import type { Context } from "../context.ts";
import * as operations from "../people-operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";

interface Options extends ProjectOption {
  output?: string;
}

/** Among so many of the newest recordings a name is looked for; an id is always found. */
const LOOKED_THROUGH = 200;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const sessionRecording: CommandModule = {
  examples: [
    "orchestratia session recording api-worker",
    "orchestratia session recording api-worker --output yesterday.cast",
  ],
  define(command, context) {
    withProject(command)
      .argument("<session>", "Name or id of a session, also of one that ended; of several with one name the newest")
      .option("--output <file>", "Where to write it; without it NAME.cast here, if there is no such file")
      .addHelpText("after", "\nIt is asciicast v2: `asciinema play` plays it.")
      .action((session: string, options: Options) => download(context, session, options));
  },
};

async function download(context: Context, wanted: string, { project, output }: Options): Promise<void> {
  const { hub, url, token, project: chosen } = context.people();
  const params = { project: chosen(project) };
  const query = { limit: LOOKED_THROUGH, ...(UUID.test(wanted) ? { session: wanted } : {}) };
  const { recordings } = await hub.call(operations.listRecordings, { params, query });
  const recording = recordings.find(({ session_id, session_name }) => session_id === wanted || session_name === wanted);
  if (!recording) throw new CommandError("recording_not_found", `No session called ${wanted} is recorded.`);
  const file = output ?? `${recording.session_name.replace(/[^\w.-]+/g, "-")}.cast`;
  const path = operations.downloadRecording.path
    .replace(":project", encodeURIComponent(params.project))
    .replace(":session", recording.session_id);
  await write(await open(url + path, token), file, output === undefined ? "wx" : "w");
  context.output.answer({ ...recording, file } satisfies Recording & { file: string }, (answer) => [
    `Written to ${answer.file}.`,
  ]);
}

async function open(address: string, token: string): Promise<ReadableStream<Uint8Array>> {
  const response = await fetch(address, { headers: { authorization: `Bearer ${token}` } }).catch((cause) => {
    throw new UnreachableError(`${address} does not answer.`, { cause });
  });
  if (response.ok && response.body) return response.body;
  const problem: unknown = await response.json().catch(() => ({}));
  throw new RefusedError(response.status, problem as Record<string, unknown>);
}

async function write(body: ReadableStream<Uint8Array>, file: string, flags: "w" | "wx"): Promise<void> {
  try {
    await pipeline(Readable.fromWeb(body as never), createWriteStream(file, { flags }));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") {
      throw new CommandError("invalid_input", `${file} is there already; say --output FILE.`);
    }
    // Half a recording would look like a whole one.
    await rm(file, { force: true });
    throw new CommandError("unreachable", `The recording broke off: ${error instanceof Error ? error.message : error}`);
  }
}
