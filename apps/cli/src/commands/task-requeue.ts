import type { CommandModule } from "../command-module.ts";
import * as operations from "../people-operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";
import { shortTask } from "../task-text.ts";

export const taskRequeue: CommandModule = {
  examples: ['orchestratia task requeue DEMO-3 --reason "The machine is needed elsewhere."'],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .option("--reason <text>", "What the session that loses it is told")
      .action(async (task: string, { project, reason }: ProjectOption & { reason?: string }) => {
        const { hub, project: chosen } = context.people();
        const params = { project: chosen(project), task };
        const answer = await hub.call(operations.requeueTask, { params, body: reason === undefined ? {} : { reason } });
        context.output.answer(answer, shortTask("Taken back for another attempt:"));
      });
  },
};
