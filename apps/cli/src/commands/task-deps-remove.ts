import type { CommandModule } from "../command-module.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";

export const taskDepsRemove: CommandModule = {
  examples: ["orchestratia task deps remove DEMO-4 --depends-on DEMO-3"],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .requiredOption("--depends-on <task>", "The task that is no longer waited for")
      .action(async (task: string, { project, dependsOn }: { dependsOn: string } & ProjectOption) => {
        const hub = await context.hub({ project });
        const answer = await hub.call(operations.removeDependency, { params: { task, upstream: dependsOn } });
        // Version 1 answered just these three members.
        const document = { removed: true, task_id: answer.id, depends_on: dependsOn, ...answer };
        context.output.answer(document, () => ["Dependency removed:", `  ${task} no longer depends on ${dependsOn}`]);
      });
  },
};
