import { RefusedError, UnreachableError } from "@orchestratia/client/http";
import { Command, CommanderError } from "commander";
import { CommandError } from "./command-error.ts";
import { COMMANDS, GROUPS } from "./command-list.ts";
import type { Context } from "./context.ts";
import { EXIT, exitOfStatus } from "./exit-codes.ts";
import { version } from "./version.ts";

/** Runs one command line; answers the exit code. `--json` may stand anywhere before a `--`. */
export async function run(argv: readonly string[], contextFor: (json: boolean) => Context): Promise<number> {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  const line = argv.filter((word, at) => word !== "--json" || at > end);
  const context = contextFor(line.length < argv.length);
  try {
    if (line[0] === "complete") return await completeWords(line.slice(2), context);
    const words = line.slice(0, end).filter((word) => !word.startsWith("-"));
    const program = await buildProgram(context, (name) => name.split(" ").every((word, at) => word === words[at]));
    await program.parseAsync(line, { from: "user" });
    return context.outcome.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      context.output.fail(error);
      return exitOf(error);
    }
    // Help that was asked for is no failure; help in place of a missing word is one, as in version 1.
    if (error.exitCode === 0 || error.code === "commander.help") return error.exitCode;
    if (context.output.json) context.output.fail(new CommandError("usage", error.message.replace(/^error: /, "")));
    return EXIT.usage;
  }
}

/** At a Tab the shells' scripts ask `complete -- word word …` what may stand in place of the last word. */
async function completeWords(words: string[], context: Context): Promise<number> {
  const { complete } = await import("./completion.ts");
  const program = await buildProgram(context, (name) => name.split(" ").every((word, at) => word === words[at]));
  await complete(program, words, context);
  return EXIT.ok;
}

function exitOf(error: unknown): number {
  if (error instanceof RefusedError) return exitOfStatus(error.status);
  if (error instanceof UnreachableError) return EXIT.unreachable;
  return error instanceof CommandError ? error.exitCode : EXIT.failed;
}

/** The tree of commands; only those that `wanted` names are loaded, the others just stand in it. */
export async function buildProgram(context: Context, wanted: (name: string) => boolean): Promise<Command> {
  const program = new Command("orchestratia")
    .description("Work on Orchestratia's tasks from a terminal or a script.")
    .exitOverride()
    .configureOutput(context.output.usage)
    .showHelpAfterError()
    .helpCommand(false)
    .helpOption("-h, --help", "Show this help")
    .addHelpText("after", "\nEvery command takes --json, anywhere on the line: the hub's answer, or {error, code}.");
  // `version` reads a file, so it is not asked before somebody wants to know.
  program.option("-V, --version", "Show the version").on("option:version", () => {
    context.output.text(version());
    throw new CommanderError(EXIT.ok, "commander.version", "");
  });
  const groups = new Map<string, Command>([["", program]]);
  for (const [name, summary] of Object.entries(GROUPS)) {
    groups.set(name, childOf(groups, name).description(summary).helpCommand(false));
  }
  for (const { name, summary, load } of COMMANDS) {
    const command = childOf(groups, name).description(summary);
    if (!wanted(name)) continue;
    const { define, examples } = await load();
    define(command, context);
    command.addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ ${example}`).join("\n")}`);
  }
  return program;
}

function childOf(groups: ReadonlyMap<string, Command>, name: string): Command {
  const at = name.lastIndexOf(" ");
  const parent = groups.get(at === -1 ? "" : name.slice(0, at));
  if (!parent) throw new Error(`The command "${name}" stands in no group.`);
  return parent.command(name.slice(at + 1));
}
