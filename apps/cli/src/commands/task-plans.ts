import type { CommandModule } from "../command-module.ts";
import { counted } from "../counted.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";

export const taskPlans: CommandModule = {
  examples: ["orchestratia task plans DEMO-3"],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .action(async (task: string, { project }: ProjectOption) => {
        const hub = await context.hub({ project });
        const answer = await hub.call(operations.listPlans, { params: { task } });
        context.output.answer(answer, ({ revisions }, paint) => [
          revisions.length === 0 ? "No plan was submitted." : `${counted(revisions.length, "plan")}:`,
          ...revisions.flatMap(({ revision, plan, decision, feedback }) => [
            `  ${paint.bold(`Revision ${revision}`)}: ${decision ?? "undecided"}`,
            ...JSON.stringify(plan, null, 2)
              .split("\n")
              .map((line) => `    ${line}`),
            ...(feedback === null ? [] : [`    ${paint.yellow("Feedback:")} ${feedback}`]),
          ]),
        ]);
      });
  },
};
