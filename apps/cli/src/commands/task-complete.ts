import type { TaskSummary } from "@orchestratia/protocol/tasks";
import type { CommandModule } from "../command-module.ts";
import { completionOf, type ResultOptions, resultOptions, untilTaken, WHILE_VERIFIED } from "../deliver-result.ts";
import * as operations from "../operations.ts";
import { shortTask } from "../task-text.ts";

export const taskComplete: CommandModule = {
  examples: [
    `orchestratia task complete DEMO-3 --result '{"summary": "done", "contracts": {"api_schema": {"type": "object"}}}'`,
    "orchestratia task complete DEMO-3 --result @result.json",
  ],
  define(command, context) {
    resultOptions(command).action(async (task: string, options: ResultOptions) => {
      const hub = await context.hub(WHILE_VERIFIED);
      const body = await completionOf(context, options);
      context.output.answer(
        await untilTaken(() => hub.call(operations.completeTask, { params: { task }, body })),
        shortTask(completedHeadline),
      );
    });
  },
};

const completedHeadline = ({ status }: TaskSummary): string =>
  status === "review" ? "Result delivered; it waits for review:" : "Task completed:";
