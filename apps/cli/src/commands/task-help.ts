import { INTERVENTION_TYPES, type InterventionType, URGENCIES } from "@orchestratia/domain/vocabulary";
import { Option } from "commander";
import type { CommandModule } from "../command-module.ts";
import { givenSeconds } from "../given-seconds.ts";
import * as operations from "../operations.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";

interface Options {
  question: string;
  context?: string;
  type: InterventionType;
  option?: string[];
  urgency?: string;
  timeout?: string;
}

export const taskHelp: CommandModule = {
  examples: [
    'orchestratia task help DEMO-3 --question "Which database may I use?"',
    'orchestratia task help DEMO-3 --type approval --question "May I drop the old table?" --option yes no --timeout 3600',
  ],
  define(command, context) {
    command
      .argument(...TASK_ARGUMENT)
      .requiredOption("--question <text>", "What you need to know")
      .option("--context <text>", "What helps to answer")
      .addOption(
        new Option("--type <type>", "help: people answer; question: an orchestrator may; approval: yes or no")
          .choices(INTERVENTION_TYPES)
          .default("help"),
      )
      .option("--option <text...>", "Answers to choose from; several may follow")
      .addOption(new Option("--urgency <urgency>", "How soon an answer is needed").choices(URGENCIES))
      .option(
        "--timeout <seconds>",
        "When nobody has answered by then, an approval counts as denied, the rest as unanswered",
      )
      .action(async (task: string, options: Options) => {
        const hub = await context.hub();
        const body = {
          question: options.question,
          context: options.context,
          intervention_type: options.type,
          ...(options.option === undefined ? {} : { options: options.option }),
          ...(options.urgency === undefined ? {} : { urgency: options.urgency }),
          ...(options.timeout === undefined ? {} : { timeout_seconds: givenSeconds(options.timeout) }),
        };
        const answer = await hub.call(operations.helpTask, { params: { task }, body });
        context.output.answer(answer, ({ intervention_id, status }) => [
          "Help requested:",
          `  Intervention: ${intervention_id}`,
          `  Status: ${status}`,
        ]);
      });
  },
};
