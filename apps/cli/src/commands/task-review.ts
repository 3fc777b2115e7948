import { CommandError } from "../command-error.ts";
import type { CommandModule } from "../command-module.ts";
import * as operations from "../people-operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";
import { shortTask } from "../task-text.ts";

interface Options extends ProjectOption {
  approve?: true;
  changes?: string;
}

export const taskReview: CommandModule = {
  examples: [
    "orchestratia task review DEMO-3 --approve",
    'orchestratia task review DEMO-3 --changes "The error case has no test."',
  ],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .option("--approve", "The result is good: the task is done")
      .option("--changes <text>", "What has to change; the worker goes on")
      .action(async (task: string, { project, approve, changes }: Options) => {
        if ((approve === undefined) === (changes === undefined)) {
          throw new CommandError("invalid_input", "Say either --approve or --changes.");
        }
        const { hub, project: chosen } = context.people();
        const params = { project: chosen(project), task };
        const answer =
          changes === undefined
            ? await hub.call(operations.approveTask, { params })
            : await hub.call(operations.requestChanges, { params, body: { feedback: changes } });
        context.output.answer(answer, shortTask(changes === undefined ? "Approved:" : "Changes requested:"));
      });
  },
};
