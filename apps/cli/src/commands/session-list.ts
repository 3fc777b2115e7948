import type { CommandModule } from "../command-module.ts";
import { counted } from "../counted.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { sessionListLines } from "../session-table.ts";

export const sessionList: CommandModule = {
  examples: ["orchestratia session list"],
  define(command, context) {
    withProject(command).action(async ({ project }: ProjectOption) => {
      const hub = await context.hub({ project });
      const answer = await hub.call(operations.listSessions, { query: { project_id: context.environment.projectId } });
      context.output.answer(answer, ({ sessions }, paint) => [
        sessions.length === 0 ? "No live sessions." : `${counted(sessions.length, "live session")}:`,
        ...sessionListLines(sessions, paint, context.output),
      ]);
    });
  },
};
