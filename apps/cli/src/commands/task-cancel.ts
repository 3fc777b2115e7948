import type { CommandModule } from "../command-module.ts";
import * as operations from "../operations.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";
import { shortTask } from "../task-text.ts";

export const taskCancel: CommandModule = {
  examples: ["orchestratia task cancel DEMO-3"],
  define(command, context) {
    command.argument(...TASK_ARGUMENT).action(async (task: string) => {
      const hub = await context.hub();
      const answer = await hub.call(operations.cancelTask, { params: { task } });
      // Version 1 answered just these two members.
      context.output.answer({ cancelled: true, task_id: answer.id, ...answer }, shortTask("Task cancelled:"));
    });
  },
};
