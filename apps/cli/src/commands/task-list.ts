import type { CommandModule } from "../command-module.ts";
import { counted } from "../counted.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { statusOption } from "../task-options.ts";
import { taskListLines } from "../task-table.ts";

interface Options {
  status?: string;
  limit?: string;
  after?: string;
}

export const taskList: CommandModule = {
  examples: ["orchestratia task list --status running", "orchestratia task list --limit 20 --json"],
  define(command, context) {
    withProject(command)
      .addOption(statusOption())
      .option("--limit <number>", "At most this many; without it the newest 1,000")
      .option("--after <cursor>", "Go on behind a page: its `next`")
      .action(async ({ project, status, limit, after }: Options & ProjectOption) => {
        const hub = await context.hub({ project });
        const query = { status, limit, after, project_id: context.environment.projectId };
        const answer = await hub.call(operations.listTasks, { query });
        context.output.answer(answer, ({ tasks, next }, paint) => [
          tasks.length === 0 ? "No tasks." : `${counted(tasks.length, "task")}:`,
          ...taskListLines(tasks, paint, context.output),
          ...(next === null ? [] : [`  There are more: --after ${next}`]),
        ]);
      });
  },
};
