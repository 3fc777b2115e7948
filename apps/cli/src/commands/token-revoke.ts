import type { CommandModule } from "../command-module.ts";
import * as operations from "../people-operations.ts";

export const tokenRevoke: CommandModule = {
  examples: ["orchestratia token revoke 2c7e9a14-5d3b-4f60-8a91-6e0d4b7f2c35"],
  define(command, context) {
    command.argument("<id>", "As `token list` shows it").action(async (id: string) => {
      const { hub } = context.people();
      const answer = await hub.call(operations.revokeAccessToken, { params: { access_token: id } });
      context.output.answer(answer, ({ name, prefix }) => [`Token ${name} (${prefix}…) opens nothing any more.`]);
    });
  },
};
