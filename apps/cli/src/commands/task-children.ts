import type { CommandModule } from "../command-module.ts";
import { counted } from "../counted.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";
import { taskListLines } from "../task-table.ts";

export const taskChildren: CommandModule = {
  examples: ["orchestratia task children DEMO-3"],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .option("--after <cursor>", "Go on behind a page: its `next`")
      .action(async (task: string, { project, after }: ProjectOption & { after?: string }) => {
        const hub = await context.hub({ project });
        const answer = await hub.call(operations.listChildren, { params: { task }, query: { after } });
        context.output.answer(answer, ({ tasks, next }, paint) => [
          tasks.length === 0 ? `${task} has no parts.` : `${counted(tasks.length, "part")} of ${task}:`,
          ...taskListLines(tasks, paint, context.output),
          ...(next === null ? [] : [`  There are more: --after ${next}`]),
        ]);
      });
  },
};
