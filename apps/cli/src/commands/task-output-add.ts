import { Option } from "commander";
import type { CommandModule } from "../command-module.ts";
import { givenText } from "../given-value.ts";
import * as operations from "../operations.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";

interface Options {
  content: string;
  stream: "stdout" | "stderr";
}

export const taskOutputAdd: CommandModule = {
  examples: ["orchestratia task output add DEMO-3 --content @build.log"],
  define(command, context) {
    command
      .argument(...TASK_ARGUMENT)
      .requiredOption("--content <text>", "What was printed; @file reads a file, - standard input")
      .addOption(
        new Option("--stream <stream>", "Where it was printed").choices(["stdout", "stderr"]).default("stdout"),
      )
      .action(async (task: string, { content, stream }: Options) => {
        const hub = await context.hub();
        const body = { content: await givenText(context, content), stream };
        const answer = await hub.call(operations.addTaskOutput, { params: { task }, body });
        context.output.answer(answer, ({ seq }) => [`Output kept as piece ${seq} of ${task}.`]);
      });
  },
};
