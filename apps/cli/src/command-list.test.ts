import { readdirSync } from "node:fs";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { COMMANDS, GROUPS } from "./command-list.ts";
import { commandNamed } from "./testing/reference.ts";
import { wholeProgram } from "./testing/whole-program.ts";

const program = await wholeProgram();
const commands = COMMANDS.map(({ name }) => [name, commandNamed(program, name.split(" "))] as const);

test("every command lives in the file that its words name", () => {
  const files = readdirSync(new URL("./commands", import.meta.url)).sort();
  expect(files).toEqual(COMMANDS.map(({ name }) => `${name.replaceAll(" ", "-")}.ts`).sort());
});

test("every command and group says in a short line what it does", () => {
  for (const summary of [...COMMANDS.map((command) => command.summary), ...Object.values(GROUPS)]) {
    expect(summary).toMatch(/^[A-Z].{9,99}[^.]$/);
  }
});

test.each(commands)("%s has help with an example of itself, and describes whatever it takes", (name, command) => {
  const help = helpOf(command);
  expect(help).toContain(`Usage: orchestratia ${name}`);
  expect(help).toMatch(new RegExp(`Examples:\\n  \\$ orchestratia ${name}( |$)`, "m"));
  for (const argument of command.registeredArguments) expect(argument.description).not.toBe("");
  for (const option of command.options)
    expect([option.flags, option.description.length > 5]).toEqual([option.flags, true]);
});

test.each(commands)("%s names its flags as all commands do", (_, command) => {
  for (const option of command.options) {
    expect(option.flags).toMatch(/^--[a-z]+(-[a-z]+)*( <[a-z|]+(\.\.\.)?>)?$/);
    // It is taken off the line before the command is looked for.
    expect(option.long).not.toBe("--json");
  }
});

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}
