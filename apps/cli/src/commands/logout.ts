import { RefusedError, UnreachableError } from "@orchestratia/client/http";
import type { CommandModule } from "../command-module.ts";
import * as operations from "../people-operations.ts";
import { readSignIns, writeSignIns } from "../sign-ins.ts";

export const logout: CommandModule = {
  examples: ["orchestratia logout"],
  define(command, context) {
    command.action(async () => {
      const { hub, url, token } = context.people();
      const ended = token.startsWith("orct_") ? false : await hub.call(operations.signOut).then(() => true, gone);
      const { signInsFile } = context.environment;
      const signIns = readSignIns(signInsFile);
      const { [url]: _forgotten, ...hubs } = signIns.hubs;
      writeSignIns(signInsFile, { hubs });
      context.output.answer({ hub: url, ended }, () => [
        ended ? `Signed out of ${url}.` : `This machine has forgotten the sign-in at ${url}; the hub was not told.`,
      ]);
    });
  },
};

/** A sign-in that the hub does not know any more, or cannot be told to end, is forgotten here all the same. */
function gone(error: unknown): false {
  if (error instanceof RefusedError || error instanceof UnreachableError) return false;
  throw error;
}
