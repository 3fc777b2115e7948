import type { CommandModule } from "../command-module.ts";
import * as operations from "../people-operations.ts";
import { tokenReach } from "../token-text.ts";

interface Options {
  read?: true;
  project?: string[];
  expires?: string;
}

export const tokenCreate: CommandModule = {
  examples: [
    'orchestratia token create "Nightly build" --project DEMO --expires 30',
    "orchestratia token create dashboards --read --json",
  ],
  define(command, context) {
    command
      .argument("<name>", "What it is for")
      .option("--read", "It looks and changes nothing; without it it may whatever you may")
      .option("--project <key>", "It opens this project alone; say it again for more (default: all of yours)", collect)
      .option("--expires <days>", "It ends after so many days, at most 365 (default 90)")
      .action(async (name: string, { read, project, expires }: Options) => {
        const { hub } = context.people();
        const answer = await hub.call(operations.createAccessToken, {
          body: {
            name,
            scope: read ? "read" : "write",
            ...(project && { projects: project }),
            ...(expires !== undefined && { expires_in_days: Number(expires) }),
          },
        });
        context.output.answer(answer, (made) => [
          `Token ${made.name} was made: ${tokenReach(made)}. It is shown this once; keep it in ORCHESTRATIA_TOKEN:`,
          made.token,
        ]);
      });
  },
};

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];
