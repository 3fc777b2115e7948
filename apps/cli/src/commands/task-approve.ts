import type { CommandModule } from "../command-module.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";
import { shortTask } from "../task-text.ts";

export const taskApprove: CommandModule = {
  examples: ["orchestratia task approve DEMO-3"],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .action(async (task: string, { project }: ProjectOption) => {
        const hub = await context.hub({ project });
        const answer = await hub.call(operations.approvePlan, { params: { task } });
        context.output.answer(answer, shortTask("Plan approved:"));
      });
  },
};
