import type { CommandModule } from "../command-module.ts";
import * as operations from "../people-operations.ts";
import { tableLines } from "../table.ts";

export const projectList: CommandModule = {
  examples: ["orchestratia project list"],
  define(command, context) {
    command.action(async () => {
      const answer = await context.people().hub.call(operations.listProjects);
      context.output.answer(answer, ({ projects }) => {
        if (projects.length === 0) return ["No projects."];
        const head = [{ title: "key" }, { title: "name", gives: true }, { title: "role" }, { title: "status" }];
        const rows = projects.map(({ key, name, role, status }) => [key, name, role ?? "admin", status]);
        return ["Projects:", ...tableLines(head, rows, context.output.columns)];
      });
    });
  },
};
