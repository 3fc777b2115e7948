import type { CommandModule } from "../command-module.ts";
import { interventionLines } from "../intervention-text.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";

export const interventionView: CommandModule = {
  examples: ["orchestratia intervention view 3f2a91c4"],
  define(command, context) {
    withProject(command)
      .argument("<intervention>", "Its id, or the first 4 or more characters of it")
      .action(async (intervention: string, { project }: ProjectOption) => {
        const hub = await context.hub({ project });
        const answer = await hub.call(operations.viewIntervention, { params: { intervention } });
        context.output.answer(answer, (one, paint) => ["Intervention:", ...interventionLines(one, paint)]);
      });
  },
};
