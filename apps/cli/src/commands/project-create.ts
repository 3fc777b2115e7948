import type { CommandModule } from "../command-module.ts";
import * as operations from "../people-operations.ts";

export const projectCreate: CommandModule = {
  examples: ['orchestratia project create APP --name "The app"'],
  define(command, context) {
    command
      .argument("<key>", "Short and unique: its tasks are called KEY-1, KEY-2 …")
      .requiredOption("--name <text>", "What people read")
      .action(async (key: string, { name }: { name: string }) => {
        const answer = await context.people().hub.call(operations.createProject, { body: { key, name } });
        context.output.answer(answer, (project) => [`Project ${project.key} (${project.name}) was made.`]);
      });
  },
};
