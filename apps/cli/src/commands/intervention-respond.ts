import type { CommandModule } from "../command-module.ts";
import * as operations from "../operations.ts";

export const interventionRespond: CommandModule = {
  examples: ['orchestratia intervention respond 3f2a91c4 --response "Use Postgres."'],
  define(command, context) {
    command
      .argument("<intervention>", "Its id, or the first 4 or more characters of it")
      .requiredOption("--response <text>", "The answer; it reaches the session that asked")
      .action(async (intervention: string, { response }: { response: string }) => {
        const hub = await context.hub();
        const answer = await hub.call(operations.respondIntervention, { params: { intervention }, body: { response } });
        context.output.answer(answer, ({ id, status }) => ["Answered:", `  ${id}: ${status}`]);
      });
  },
};
