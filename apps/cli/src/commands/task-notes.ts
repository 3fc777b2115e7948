import type { CommandModule } from "../command-module.ts";
import { counted } from "../counted.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";

export const taskNotes: CommandModule = {
  examples: ["orchestratia task notes DEMO-3"],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .action(async (task: string, { project }: ProjectOption) => {
        const hub = await context.hub({ project });
        const answer = await hub.call(operations.listNotes, { params: { task } });
        context.output.answer(answer, (notes, paint) => [
          notes.length === 0 ? `No notes on ${task}.` : `${counted(notes.length, "note")} on ${task}:`,
          ...notes.map(({ created_at, author, urgent, content }) => {
            const mark = urgent ? `${paint.red("urgent")} ` : "";
            return `  ${paint.dim(created_at)} ${author}: ${mark}${content.replaceAll("\n", "\n    ")}`;
          }),
        ]);
      });
  },
};
