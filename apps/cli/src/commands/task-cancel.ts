import type { CommandModule } from "../command-module.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";
import { shortTask } from "../task-text.ts";

export const taskCancel: CommandModule = {
  examples: ["orchestratia task cancel DEMO-3"],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .action(async (task: string, { project }: ProjectOption) => {
        const hub = await context.hub({ project });
        const answer = await hub.call(operations.cancelTask, { params: { task } });
        // Version 1 answered just these two members.
        context.output.answer({ cancelled: true, task_id: answer.id, ...answer }, shortTask("Task cancelled:"));
      });
  },
};
