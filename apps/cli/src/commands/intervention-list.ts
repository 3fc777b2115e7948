import { INTERVENTION_STATUSES, type InterventionStatus } from "@orchestratia/domain/vocabulary";
import { Option } from "commander";
import type { CommandModule } from "../command-module.ts";
import { counted } from "../counted.ts";
import { interventionListLines } from "../intervention-table.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";

interface Options {
  taskId?: string;
  status?: InterventionStatus;
}

export const interventionList: CommandModule = {
  examples: ["orchestratia intervention list --status pending"],
  define(command, context) {
    withProject(command)
      .option("--task-id <task>", "Only those of this task: key, id, or the first characters of the id")
      .addOption(new Option("--status <status>", "Only those in this status").choices(INTERVENTION_STATUSES))
      .action(async ({ project, taskId, status }: Options & ProjectOption) => {
        const hub = await context.hub({ project });
        const answer = await hub.call(operations.listInterventions, { query: { task_id: taskId, status } });
        context.output.answer(answer, (interventions, paint) => [
          interventions.length === 0 ? "No interventions." : `${counted(interventions.length, "intervention")}:`,
          ...interventionListLines(interventions, paint, context.output),
        ]);
      });
  },
};
