import type { CommandModule } from "../command-module.ts";
import * as operations from "../operations.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";
import { shortTask } from "../task-text.ts";

export const taskFail: CommandModule = {
  examples: ['orchestratia task fail DEMO-3 --error "The build needs a licence that this machine does not have."'],
  define(command, context) {
    command
      .argument(...TASK_ARGUMENT)
      .requiredOption("--error <text>", "What went wrong")
      .action(async (task: string, { error }: { error: string }) => {
        const hub = await context.hub();
        const answer = await hub.call(operations.failTask, { params: { task }, body: { error } });
        context.output.answer(answer, shortTask("Task failed:"));
      });
  },
};
