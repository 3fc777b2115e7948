import type { CommandModule } from "../command-module.ts";
import * as operations from "../operations.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";
import { shortTask } from "../task-text.ts";

interface Options {
  session: string;
  requirePlan?: true;
}

export const taskAssign: CommandModule = {
  examples: ["orchestratia task assign DEMO-3 --session backend --require-plan"],
  define(command, context) {
    command
      .argument(...TASK_ARGUMENT)
      .requiredOption("--session <name>", "The session's name: see `orchestratia session list`")
      .option("--require-plan", "Its plan must be approved before the work begins")
      .action(async (task: string, { session, requirePlan }: Options) => {
        const hub = await context.hub();
        const body = { session_name: session, ...(requirePlan ? { require_plan: true } : {}) };
        const answer = await hub.call(operations.assignTask, { params: { task }, body });
        context.output.answer(answer, shortTask("Task assigned:"));
      });
  },
};
