import type { CommandModule } from "../command-module.ts";
import * as operations from "../people-operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";
import { shortTask } from "../task-text.ts";

export const taskUnarchive: CommandModule = {
  examples: ["orchestratia task unarchive DEMO-3"],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .action(async (task: string, { project }: ProjectOption) => {
        const { hub, project: chosen } = context.people();
        const params = { project: chosen(project), task };
        const answer = await hub.call(operations.unarchiveTask, { params });
        context.output.answer(answer, shortTask("Taken back from the archive:"));
      });
  },
};
