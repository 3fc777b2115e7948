import type { CommandModule } from "../command-module.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";
import { shortTask } from "../task-text.ts";

interface Options {
  session: string;
  requirePlan?: true;
}

export const taskAssign: CommandModule = {
  examples: ["orchestratia task assign DEMO-3 --session backend --require-plan"],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .requiredOption("--session <name>", "The session's name: see `orchestratia session list`")
      .option("--require-plan", "Its plan must be approved before the work begins")
      .action(async (task: string, { project, session, requirePlan }: Options & ProjectOption) => {
        const hub = await context.hub({ project });
        const body = { session_name: session, ...(requirePlan ? { require_plan: true } : {}) };
        const answer = await hub.call(operations.assignTask, { params: { task }, body });
        context.output.answer(answer, shortTask("Task assigned:"));
      });
  },
};
