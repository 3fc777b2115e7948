import type { CommandModule } from "../command-module.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";
import { shortTask } from "../task-text.ts";

export const taskRevise: CommandModule = {
  examples: ['orchestratia task revise DEMO-3 --feedback "Leave the migration out."'],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .requiredOption("--feedback <text>", "What the next plan should do otherwise")
      .action(async (task: string, { project, feedback }: ProjectOption & { feedback: string }) => {
        const hub = await context.hub({ project });
        const answer = await hub.call(operations.revisePlan, { params: { task }, body: { feedback } });
        context.output.answer(answer, shortTask("Another plan asked for:"));
      });
  },
};
