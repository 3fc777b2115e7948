import type { CommandModule } from "../command-module.ts";
import * as operations from "../people-operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";

export const projectView: CommandModule = {
  examples: ["orchestratia project view --project DEMO"],
  define(command, context) {
    withProject(command).action(async ({ project }: ProjectOption) => {
      const { hub, project: chosen } = context.people();
      const answer = await hub.call(operations.viewProject, { params: { project: chosen(project) } });
      context.output.answer(answer, ({ key, name, status, settings }, paint) => [
        `${paint.cyan(key)} ${name} (${status})`,
        ...Object.entries(settings).map(([setting, value]) => `  ${setting}: ${JSON.stringify(value)}`),
      ]);
    });
  },
};
