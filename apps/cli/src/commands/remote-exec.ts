import type { CommandModule } from "../command-module.ts";
import { runRemote } from "../remote-command.ts";

interface Options {
  timeout: string;
}

export const remoteExec: CommandModule = {
  examples: [
    'orchestratia remote exec api-worker "git status --short"',
    "orchestratia remote exec api-worker --timeout 90 -- make -C docs test",
  ],
  define(command, context) {
    command
      .argument("<session>", "Name or id of a live session; the command runs on its machine, in its folder")
      .argument("<command...>", "A line for that machine's shell; several words are joined with spaces")
      .option("--timeout <seconds>", "How long it may take; 120 is the most", "30")
      .action(async (session: string, words: string[], { timeout }: Options) => {
        await runRemote(context, { session, command: words.join(" "), timeout });
      });
  },
};
