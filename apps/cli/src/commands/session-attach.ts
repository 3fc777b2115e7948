import { CommandError } from "../command-error.ts";
import type { CommandModule } from "../command-module.ts";
import type { Context } from "../context.ts";
import * as operations from "../people-operations.ts";
import { type ProjectOption, withProject } from "../project-option.ts";

interface Options extends ProjectOption {
  watch?: true;
}

export const sessionAttach: CommandModule = {
  examples: ["orchestratia session attach api-worker", "orchestratia session attach api-worker --watch"],
  define(command, context) {
    withProject(command)
      .argument("<session>", "Name or id of a live session")
      .option("--watch", "Only look; nothing is typed, and somebody else keeps the terminal's size")
      .addHelpText(
        "after",
        "\nKeys: Ctrl-] twice detaches, Ctrl-] t takes the keyboard over, Ctrl-] r gives it up. One person types at a" +
          "\ntime; the terminal has their window's size, so a smaller window than theirs shows its lines broken.",
      )
      .action((session: string, options: Options) => attach(context, session, options));
  },
};

async function attach(context: Context, wanted: string, { project, watch }: Options): Promise<void> {
  const { stdin: input, stdout: output } = process;
  if (!input.isTTY || !output.isTTY) {
    throw new CommandError("not_a_terminal", "A session can only be attached to a terminal.");
  }
  const { hub, url, token, project: chosen } = context.people();
  const params = { project: chosen(project) };
  const { sessions } = await hub.call(operations.listSessions, { params, query: { live: "true" } });
  const session = sessions.find(({ id, name }) => name === wanted || id === wanted);
  if (!session) {
    throw new CommandError(
      "no_such_session",
      `No live session is called ${wanted}; see \`orchestratia session list\`.`,
    );
  }
  const { attachTerminal } = await import("../attached-terminal.ts");
  const mode = watch ? "watch" : "drive";
  const end = await attachTerminal({ url, token, session, mode, input, output });
  const how = end.kind === "detached" ? "detached; it goes on" : `ended${codeWords(end.exitCode)}`;
  context.output.notice(`${session.name}: ${how}.`);
}

const codeWords = (exitCode: number | null): string => (exitCode === null ? "" : ` with exit code ${exitCode}`);
