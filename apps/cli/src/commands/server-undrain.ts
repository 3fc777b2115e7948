import type { CommandModule } from "../command-module.ts";
import * as operations from "../people-operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";

export const serverUndrain: CommandModule = {
  examples: ["orchestratia server undrain builder-1"],
  define(command, context) {
    withProject(command)
      .argument("<server>", "Name or id of the server")
      .action(async (server: string, { project }: ProjectOption) => {
        const { hub, project: chosen } = context.people();
        const params = { project: chosen(project), server };
        const answer = await hub.call(operations.updateServer, { params, body: { draining: false } });
        context.output.answer(answer, ({ name, active_tasks }) => [
          `${name} takes work again. Tasks on it: ${active_tasks}.`,
        ]);
      });
  },
};
