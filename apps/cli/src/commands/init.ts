import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { CommandError } from "../command-error.ts";
import type { CommandModule } from "../command-module.ts";

interface Options {
  print?: true;
  force?: true;
}

export const init: CommandModule = {
  examples: ["orchestratia init", "orchestratia init --print"],
  define(command, context) {
    command
      .option("--print", "Print it instead of writing the file")
      .option("--force", "Replace the file that is there")
      .action(async ({ print, force }: Options) => {
        const { AGENT_GUIDE } = await import("../agent-guide.ts");
        if (print) {
          context.output.text(AGENT_GUIDE);
          return;
        }
        const path = resolve("ORCHESTRATIA.md");
        try {
          writeFileSync(path, AGENT_GUIDE, { flag: force ? "w" : "wx" });
        } catch (error) {
          const exists = (error as NodeJS.ErrnoException).code === "EEXIST";
          const reason = exists ? "it exists already; --force replaces it" : (error as Error).message;
          throw new CommandError("invalid_input", `Cannot write ${path}: ${reason}.`);
        }
        context.output.answer({ created: path }, ({ created }) => [`Wrote ${created}.`]);
      });
  },
};
