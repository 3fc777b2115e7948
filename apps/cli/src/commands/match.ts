import type { CommandModule } from "../command-module.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { TASK_ARGUMENT } from "../task-argument.ts";

export const match: CommandModule = {
  examples: ["orchestratia match DEMO-3"],
  define(command, context) {
    withProject(command)
      .argument(...TASK_ARGUMENT)
      .action(async (task: string, { project }: ProjectOption) => {
        const hub = await context.hub({ project });
        const answer = await hub.call(operations.explainMatch, { params: { task } });
        context.output.answer(answer, ({ servers, best_server_id, waits_for }, paint) => {
          const best = servers.find(({ server_id }) => server_id === best_server_id);
          return [
            ...(waits_for ? [waitWords(task, waits_for)] : []),
            best ? `${task} would go to ${best.server_name}:` : `No server can take ${task} now:`,
            ...servers.flatMap((server) => [
              `  ${paint.cyan(server.server_name)} ${server.score} points, ${server.active_tasks} of ${server.max_concurrent} tasks`,
              ...server.disqualifiers.map((reason) => `    ${paint.red("no:")} ${reason}`),
              ...server.criteria.map(({ name, points, matched, missing }) => {
                const found = matched.length > 0 ? ` has ${matched.join(", ")}` : "";
                const lacking = missing.length > 0 ? ` lacks ${missing.join(", ")}` : "";
                return `    ${name}: ${points}${found}${lacking}`;
              }),
            ]),
          ];
        });
      });
  },
};

function waitWords(task: string, { server_name, until }: { server_name: string; until: string | null }): string {
  return `${task} waits for ${server_name}, which it prefers${until === null ? "" : `, until ${until}`}.`;
}
