import type { CommandModule } from "../command-module.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";
import { shortTask } from "../task-text.ts";

export const taskFail: CommandModule = {
  examples: ['orchestratia task fail DEMO-3 --error "The build needs a licence that this machine does not have."'],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .requiredOption("--error <text>", "What went wrong")
      .action(async (task: string, { project, error }: { error: string } & ProjectOption) => {
        const hub = await context.hub({ project });
        const answer = await hub.call(operations.failTask, { params: { task }, body: { error } });
        context.output.answer(answer, shortTask("Task failed:"));
      });
  },
};
