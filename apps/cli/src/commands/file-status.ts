import type { CommandModule } from "../command-module.ts";
import { printTransfer } from "../file-transfer.ts";
import * as operations from "../operations.ts";

export const fileStatus: CommandModule = {
  examples: ["orchestratia file status 9b1f2c04-7a3e-4a52-8f16-0c2d5e7b9a31"],
  define(command, context) {
    command
      .argument("<transfer>", "The id that `file send` printed; the hub knows it for a week after its end")
      .action(async (transfer: string) => {
        const hub = await context.hub();
        printTransfer(context, await hub.call(operations.viewFileTransfer, { params: { transfer } }));
      });
  },
};
