import type { TaskSummary } from "@orchestratia/protocol/tasks";
import type { CommandModule } from "../command-module.ts";
import * as operations from "../operations.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";
import { wholeTask } from "../task-text.ts";

export const taskStart: CommandModule = {
  examples: ["orchestratia task start DEMO-3"],
  define(command, context) {
    command.argument(...TASK_ARGUMENT).action(async (task: string) => {
      const hub = await context.hub();
      context.output.answer(await hub.call(operations.startTask, { params: { task } }), wholeTask(startedHeadline));
    });
  },
};

const startedHeadline = ({ status, key }: TaskSummary): string =>
  status === "planning" ? `A plan comes first: orchestratia task plan ${key} --plan @plan.md` : "Task started:";
