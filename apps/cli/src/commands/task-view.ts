import type { CommandModule } from "../command-module.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";
import { wholeTask } from "../task-text.ts";

export const taskView: CommandModule = {
  examples: ["orchestratia task view DEMO-3"],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .action(async (task: string, { project }: ProjectOption) => {
        const hub = await context.hub({ project });
        context.output.answer(await hub.call(operations.viewTask, { params: { task } }), wholeTask("Task:"));
      });
  },
};
