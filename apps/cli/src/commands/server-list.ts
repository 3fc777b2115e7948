import type { CommandModule } from "../command-module.ts";
import { counted } from "../counted.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";

export const serverList: CommandModule = {
  examples: ["orchestratia server list"],
  define(command, context) {
    withProject(command).action(async ({ project }: ProjectOption) => {
      const hub = await context.hub({ project });
      const answer = await hub.call(operations.listServers);
      context.output.answer(answer, ({ servers }, paint) => [
        servers.length === 0 ? "No servers." : `${counted(servers.length, "server")}:`,
        ...servers.flatMap((server) => {
          const repos = Object.keys(server.repos);
          const state = server.status === "online" ? paint.green("online") : paint.dim(server.status);
          const connected = server.reachable ? "" : ", not connected";
          return [
            `  ${paint.cyan(server.name)} (${server.hostname}, ${server.os})`,
            `    Status: ${state}${connected}${server.draining ? ", draining" : ""}  Tasks: ${server.active_tasks} of ${server.max_concurrent}`,
            ...(server.agents.length > 0 ? [`    Agents: ${server.agents.map(({ name }) => name).join(", ")}`] : []),
            ...(repos.length > 0 ? [`    Repos: ${repos.join(", ")}`] : []),
          ];
        }),
      ]);
    });
  },
};
