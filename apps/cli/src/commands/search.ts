import type { CommandModule } from "../command-module.ts";
import * as operations from "../operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";
import { tableLines } from "../table.ts";

interface Options extends ProjectOption {
  limit?: string;
  status?: string;
}

export const search: CommandModule = {
  examples: ['orchestratia search "booking api" --status done', "orchestratia search login -- -oauth"],
  define(command, context) {
    withProject(command)
      .argument("<words...>", 'Words, "a phrase", -word for what must not be there, or for either')
      .option("--status <status>", "Only tasks in this status")
      .option("--limit <number>", "At most this many (default 20)")
      .action(async (words: string[], { project, limit, status }: Options) => {
        const hub = await context.hub({ project });
        const answer = await hub.call(operations.searchTasks, {
          query: { q: words.join(" "), ...(limit && { limit }), ...(status && { status }) },
        });
        context.output.answer(answer, ({ hits, similar }) => {
          if (hits.length === 0) return ["Nothing was found."];
          const rows = hits.map(({ task, snippet }) => [
            task.key,
            task.status,
            task.title,
            snippet.map(({ text }) => text).join(""),
          ]);
          const head = [
            { title: "key" },
            { title: "status" },
            { title: "title", gives: true },
            { title: "found", gives: true },
          ];
          return [
            similar ? "Nothing has these words; these look like them:" : "Found:",
            ...tableLines(head, rows, context.output.columns),
          ];
        });
      });
  },
};
