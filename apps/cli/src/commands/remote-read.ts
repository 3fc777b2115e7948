import { RefusedError } from "@orchestratia/client/http";
import { CommandError } from "../command-error.ts";
import type { CommandModule } from "../command-module.ts";
import type { Context } from "../context.ts";
import * as operations from "../operations.ts";
import { printRemote, runRemote } from "../remote-command.ts";

const MOST_BYTES = 1024 * 1024;

export const remoteRead: CommandModule = {
  examples: ["orchestratia remote read api-worker README.md"],
  define(command, context) {
    command
      .argument("<session>", "Name or id of a live session, on whose machine the file is")
      .argument("<path>", "A text file in the session's folder, where a relative path starts. 1 MiB is the most")
      .action(async (session: string, path: string) => {
        try {
          const stdout = await readWhole(context, session, path);
          printRemote(context, { exit_code: 0, stdout, stderr: "" });
        } catch (error) {
          if (!(error instanceof RefusedError && error.code === "daemon_lacks")) throw error;
          // A daemon of version 1. Within single quotes a POSIX shell reads everything as it is, but the quote itself.
          const line = `cat -- '${path.replaceAll("'", `'\\''`)}'`;
          await runRemote(context, { session, command: line, timeout: "30" });
        }
      });
  },
};

/** Piece by piece; all of them must be of the same file. */
async function readWhole(context: Context, session_name: string, path: string): Promise<string> {
  const hub = await context.hub();
  const query = { project_id: context.environment.projectId };
  const pieces: Buffer[] = [];
  let first: string | undefined;
  for (let offset = 0; ; ) {
    const piece = await hub.call(operations.remoteRead, { query, body: { session_name, path, offset } });
    if (piece.size > MOST_BYTES) {
      throw new CommandError(
        "file_too_large",
        `${path} has more than 1 MiB; have it sent with orchestratia file send.`,
      );
    }
    first ??= piece.version;
    if (piece.version !== first) throw new CommandError("file_changed", `${path} changed while it was read.`);
    const bytes = Buffer.from(piece.data, "base64");
    pieces.push(bytes);
    offset += bytes.length;
    if (bytes.length === 0 || offset >= piece.size) return Buffer.concat(pieces).toString("utf8");
  }
}
