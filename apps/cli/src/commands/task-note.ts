import type { CommandModule } from "../command-module.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";

interface Options {
  content: string;
  urgent: boolean;
}

export const taskNote: CommandModule = {
  examples: ['orchestratia task note DEMO-3 --content "Half of the endpoints are described."'],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .requiredOption("--content <text>", "What to write")
      .option("--urgent", "Interrupt the worker", false)
      .action(async (task: string, { project, content, urgent }: Options & ProjectOption) => {
        const hub = await context.hub({ project });
        const answer = await hub.call(operations.addNote, { params: { task }, body: { content, urgent } });
        context.output.answer(answer, (note) => [`${note.urgent ? "Urgent note" : "Note"} added to ${task}.`]);
      });
  },
};
