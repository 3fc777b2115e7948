import type { CommandModule } from "../command-module.ts";
import { counted } from "../counted.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { serverListLines } from "../server-table.ts";

export const serverList: CommandModule = {
  examples: ["orchestratia server list"],
  define(command, context) {
    withProject(command).action(async ({ project }: ProjectOption) => {
      const hub = await context.hub({ project });
      const answer = await hub.call(operations.listServers);
      context.output.answer(answer, ({ servers }, paint) => [
        servers.length === 0 ? "No servers." : `${counted(servers.length, "server")}:`,
        ...serverListLines(servers, paint, context.output),
      ]);
    });
  },
};
