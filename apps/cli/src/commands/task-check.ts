import type { CommandModule } from "../command-module.ts";
import { counted } from "../counted.ts";
import * as operations from "../operations.ts";
import { wholeTaskLines } from "../task-text.ts";

export const taskCheck: CommandModule = {
  examples: ["orchestratia task check"],
  define(command, context) {
    command.action(async () => {
      const hub = await context.hub();
      const answer = await hub.call(operations.checkTasks, { query: { session_id: context.environment.sessionId } });
      context.output.answer(answer, ({ count, tasks }, paint) => [
        count === 0 ? "No tasks for this session." : `${counted(count, "task")} for this session:`,
        ...tasks.flatMap((task) => wholeTaskLines(task, paint)),
      ]);
    });
  },
};
