import type { CommandModule } from "../command-module.ts";
import { counted } from "../counted.ts";
import { EXIT } from "../exit-codes.ts";
import * as operations from "../people-operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";

export const doctor: CommandModule = {
  examples: ["orchestratia doctor", "orchestratia doctor --project DEMO --json"],
  define(command, context) {
    withProject(command)
      .addHelpText(
        "after",
        `\nExits with ${EXIT.unhealthy} when a finding is an error; warnings and hints are no failure.`,
      )
      .action(async ({ project }: ProjectOption) => {
        const { hub, project: chosen } = context.people();
        const answer = await hub.call(operations.diagnoseProject, { params: { project: chosen(project) } });
        if (!answer.healthy) context.outcome.exitCode = EXIT.unhealthy;
        context.output.answer(answer, ({ findings }, paint) => {
          const tone = { error: paint.red, warning: paint.yellow, info: paint.dim };
          return [
            findings.length === 0 ? "Everything moves." : `${counted(findings.length, "finding")}:`,
            ...findings.flatMap(({ severity, code, task_key, task_title, message, advice }) => [
              `  ${tone[severity](severity)} ${code}${task_key === null ? "" : `  ${paint.cyan(task_key)} ${task_title}`}`,
              `    ${message}`,
              `    ${paint.dim("What to do:")} ${advice}`,
            ]),
          ];
        });
      });
  },
};
