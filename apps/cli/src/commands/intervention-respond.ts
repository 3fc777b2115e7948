import type { CommandModule } from "../command-module.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";

export const interventionRespond: CommandModule = {
  examples: ['orchestratia intervention respond 3f2a91c4 --response "Use Postgres."'],
  define(command, context) {
    withProject(command)
      .argument("<intervention>", "Its id, or the first 4 or more characters of it")
      .requiredOption("--response <text>", "The answer; it reaches the session that asked")
      .action(async (intervention: string, { project, response }: { response: string } & ProjectOption) => {
        const hub = await context.hub({ project });
        const answer = await hub.call(operations.respondIntervention, { params: { intervention }, body: { response } });
        context.output.answer(answer, ({ id, status }) => ["Answered:", `  ${id}: ${status}`]);
      });
  },
};
