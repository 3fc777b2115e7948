import { CommandError } from "../command-error.ts";
import type { CommandModule } from "../command-module.ts";
import * as operations from "../people-operations.ts";
import { readSignIns, writeSignIns } from "../sign-ins.ts";

export const projectUse: CommandModule = {
  examples: ["orchestratia project use DEMO"],
  define(command, context) {
    command.argument("<key>", "Key or id of the project that later commands are about").action(async (key: string) => {
      const { hub, url } = context.people();
      const answer = await hub.call(operations.viewProject, { params: { project: key } });
      const { signInsFile } = context.environment;
      const signIns = readSignIns(signInsFile);
      const signIn = signIns.hubs[url];
      if (!signIn) {
        throw new CommandError("not_signed_in", "Only a sign-in has a chosen project: set ORCHESTRATIA_PROJECT.");
      }
      const hubs = { ...signIns.hubs, [url]: { ...signIn, project: answer.key } };
      writeSignIns(signInsFile, { ...signIns, hubs });
      context.output.answer(answer, ({ name }) => [`Commands are about ${answer.key} (${name}) now.`]);
    });
  },
};
