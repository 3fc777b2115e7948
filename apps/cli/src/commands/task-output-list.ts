import { Option } from "commander";
import type { CommandModule } from "../command-module.ts";
import { counted } from "../counted.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";

interface Options extends ProjectOption {
  stream?: "stdout" | "stderr" | "tail";
  after?: string;
}

export const taskOutputList: CommandModule = {
  examples: ["orchestratia task output list DEMO-3 --stream tail"],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .addOption(new Option("--stream <stream>", "Only this one").choices(["stdout", "stderr", "tail"]))
      .option("--after <seq>", "Go on behind a page: its `next`")
      .action(async (task: string, { project, stream, after }: Options) => {
        const hub = await context.hub({ project });
        const answer = await hub.call(operations.listTaskOutput, { params: { task }, query: { stream, after } });
        context.output.answer(answer, ({ output, next }, paint) => [
          output.length === 0 ? `${task} has no output.` : `${counted(output.length, "piece")} of output:`,
          ...output.flatMap(({ seq, stream, epoch, content }) => [
            paint.dim(`── ${seq} ${stream}, attempt ${epoch}`),
            ...content.replace(/\n$/, "").split("\n"),
          ]),
          ...(next === null ? [] : [`  There is more: --after ${next}`]),
        ]);
      });
  },
};
