import { Option } from "commander";
import { CommandError } from "../command-error.ts";
import type { CommandModule } from "../command-module.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";
import { shortTask } from "../task-text.ts";

interface Options extends ProjectOption {
  parent?: string | false;
  after?: string;
  before?: string;
}

export const taskPlace: CommandModule = {
  examples: ["orchestratia task place DEMO-5 --after DEMO-3", "orchestratia task place DEMO-5 --no-parent"],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .option("--parent <task>", "The task that it becomes a part of")
      .option("--no-parent", "It becomes a task of its own")
      .option("--after <task>", "The part that it comes straight after")
      .addOption(new Option("--before <task>", "The part that it comes straight before").conflicts("after"))
      .action(async (task: string, { project, parent, after, before }: Options) => {
        if (parent === undefined && after === undefined && before === undefined) {
          throw new CommandError("invalid_input", "Say where: --parent, --no-parent, --after or --before.");
        }
        const hub = await context.hub({ project });
        const body = { ...(parent !== undefined && { parent_id: parent === false ? null : parent }), after, before };
        const answer = await hub.call(operations.placeTask, { params: { task }, body });
        context.output.answer(answer, shortTask("Task placed:"));
      });
  },
};
