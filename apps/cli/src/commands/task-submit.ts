import type { CommandModule } from "../command-module.ts";
import { completionOf, type ResultOptions, resultOptions, untilTaken, WHILE_VERIFIED } from "../deliver-result.ts";
import * as operations from "../operations.ts";
import { shortTask } from "../task-text.ts";

export const taskSubmit: CommandModule = {
  examples: [`orchestratia task submit DEMO-3 --result '{"summary": "ready to be looked at"}'`],
  define(command, context) {
    resultOptions(command).action(async (task: string, options: ResultOptions) => {
      const hub = await context.hub(WHILE_VERIFIED);
      const body = await completionOf(context, options);
      context.output.answer(
        await untilTaken(() => hub.call(operations.submitTask, { params: { task }, body })),
        shortTask("Task submitted for review:"),
      );
    });
  },
};
