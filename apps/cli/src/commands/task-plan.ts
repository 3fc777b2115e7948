import type { CommandModule } from "../command-module.ts";
import { givenValue } from "../given-value.ts";
import * as operations from "../operations.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";
import { shortTask } from "../task-text.ts";

export const taskPlan: CommandModule = {
  examples: [
    'orchestratia task plan DEMO-3 --plan "1. Read the schema. 2. Generate the client. 3. Test it."',
    "orchestratia task plan DEMO-3 --plan @plan.json",
  ],
  define(command, context) {
    command
      .argument(...TASK_ARGUMENT)
      .requiredOption(
        "--plan <json|text>",
        "JSON where it is JSON, else a summary; @file reads a file, - standard input",
      )
      .action(async (task: string, options: { plan: string }) => {
        const hub = await context.hub();
        const given = await givenValue(context, options.plan);
        const plan = typeof given === "string" ? { summary: given } : given;
        const answer = await hub.call(operations.planTask, { params: { task }, body: { plan } });
        context.output.answer(answer, shortTask("Plan submitted:"));
      });
  },
};
