import type { CommandModule } from "../command-module.ts";
import { printRemote, runRemote } from "../remote-command.ts";

export const remoteRead: CommandModule = {
  examples: ["orchestratia remote read api-worker README.md"],
  define(command, context) {
    command
      .argument("<session>", "Name or id of a live session, on whose machine the file is")
      .argument("<path>", "The text file; a relative path starts in the session's folder. 1 MiB is the most")
      .action(async (session: string, path: string) => {
        // Within single quotes a POSIX shell reads everything as it is, but the quote itself.
        const line = `cat -- '${path.replaceAll("'", `'\\''`)}'`;
        printRemote(context, await runRemote(context, { session, command: line, timeout: "30" }));
      });
  },
};
