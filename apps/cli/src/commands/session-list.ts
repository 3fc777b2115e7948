import type { CommandModule } from "../command-module.ts";
import { counted } from "../counted.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";

export const sessionList: CommandModule = {
  examples: ["orchestratia session list"],
  define(command, context) {
    withProject(command).action(async ({ project }: ProjectOption) => {
      const hub = await context.hub({ project });
      const answer = await hub.call(operations.listSessions, { query: { project_id: context.environment.projectId } });
      context.output.answer(answer, ({ sessions }, paint) => [
        sessions.length === 0 ? "No live sessions." : `${counted(sessions.length, "live session")}:`,
        ...sessions.flatMap((session) => [
          `  ${paint.cyan(session.name)} (${session.role}, ${session.agent} on ${session.server_name})`,
          `    Status: ${session.status}, ${session.agent_status}  Id: ${session.id}`,
          ...(session.task_key ? [`    Task: ${session.task_key} ${session.task_title ?? ""}`] : []),
          ...(session.working_directory ? [`    Folder: ${session.working_directory}`] : []),
        ]),
      ]);
    });
  },
};
