import type { CommandModule } from "../command-module.ts";
import * as operations from "../people-operations.ts";
import { tableLines } from "../table.ts";
import { day, projectsOf } from "../token-text.ts";

export const tokenList: CommandModule = {
  examples: ["orchestratia token list"],
  define(command, context) {
    command.action(async () => {
      const answer = await context.people().hub.call(operations.listAccessTokens);
      context.output.answer(answer, ({ access_tokens: tokens }) => {
        if (tokens.length === 0) return ["No tokens."];
        const head = [
          { title: "id" },
          { title: "name", gives: true },
          { title: "begins" },
          { title: "may" },
          { title: "projects", gives: true },
          { title: "last used" },
          { title: "expires" },
        ];
        const rows = tokens.map((token) => [
          token.id,
          token.name,
          token.prefix,
          token.scope,
          projectsOf(token),
          day(token.last_used_at),
          day(token.expires_at),
        ]);
        return ["Tokens:", ...tableLines(head, rows, context.output.columns)];
      });
    });
  },
};
