import type { Argument, Command, Option } from "commander";
import { COMMANDS, GROUPS } from "../command-list.ts";
import { EXIT, EXIT_MEANINGS } from "../exit-codes.ts";

/** The page of the documentation that lists what the CLI can do, as Markdown. */
export async function commandReference(program: Command): Promise<string> {
  const sections = await Promise.all(
    COMMANDS.map(async ({ name, summary, load }) => {
      const { examples } = await load();
      return commandSection(name, summary, examples, commandNamed(program, name.split(" ")));
    }),
  );
  return `${INTRODUCTION}
${table(
  ["command", "what it does"],
  COMMANDS.map(({ name, summary }) => [`[\`${name}\`](#${name.replaceAll(" ", "-")})`, summary]),
)}

${sections.join("\n\n")}

## The pipeline file

YAML or JSON. A task takes what \`task create\` takes; \`id\` is its name within the file, and \`depends_on\` names tasks of the
file (also later ones), their places in it (from 0), or tasks that exist. \`parent\` names a task in the same way; its children
stand in the order of the file. Everything is made, or nothing.

\`\`\`yaml
${PIPELINE_FILE}\`\`\`
`;
}

export const PIPELINE_FILE = `name: Booking API
tasks:
  - id: schema
    title: Describe the API
    spec: Write the booking API down as a JSON Schema.
    structured_spec:
      expected_output:
        contracts:
          - key: api_schema
            schema: { type: object, required: [paths] }
  - id: client
    title: Build the client
    spec: Build a client for the schema that you receive.
    depends_on:
      - { task: schema, dependency_type: input, contract_key: api_schema }
  - title: Test the client
    spec: Run the suite against the client.
    priority: high
    depends_on: [client]
    assign: tester
  - id: release
    title: Release
    spec: What is left, one after the other.
    type: epic
    exec_mode: seq
  - { title: Write the notes, spec: Say what is new., parent: release, depends_on: [client] }
  - { title: Tag it, spec: Tag the commit., parent: release }
`;

/** The command that these words call. */
export function commandNamed(command: Command, [word, ...rest]: readonly string[]): Command {
  if (word === undefined) return command;
  const child = command.commands.find((candidate) => candidate.name() === word);
  if (!child) throw new Error(`There is no ${word} in ${command.name()}.`);
  return commandNamed(child, rest);
}

const exitTable = table(
  ["exit code", "what it says"],
  (Object.keys(EXIT) as (keyof typeof EXIT)[]).map((name) => [String(EXIT[name]), EXIT_MEANINGS[name]]),
);

const INTRODUCTION = `# The command line: \`orchestratia\`

<!-- Made from the commands themselves; a test says how to make it anew when they have changed. -->

Agents work through this command, and so can people and scripts. The daemon sets in every session what it needs:

${table(
  ["variable", "what it says"],
  [
    ["`ORCHESTRATIA_HUB_URL`", "which hub to call"],
    ["`ORCHESTRATIA_API_KEY`", "the session's token, or a server's key"],
    ["`ORCHESTRATIA_SESSION_ID`, `ORCHESTRATIA_PROJECT_ID`", "who is asking, for clients that share a server's key"],
    ["`NO_COLOR`", "no colours, on a terminal either"],
  ],
)}

Commands marked "(people)" are a person's: \`orchestratia login\` signs in and keeps the sign-in in a file that only this account
can read, \`project use\` chooses the project. Scripts set instead:

${table(
  ["variable", "what it says"],
  [
    ["`ORCHESTRATIA_HUB_URL`", "which hub to call; without it the one signed in at last"],
    ["`ORCHESTRATIA_TOKEN`", "an access token, in place of a sign-in"],
    ["`ORCHESTRATIA_PROJECT`", "what a command is about that names no `--project`"],
  ],
)}

Outside a session the hub and the key come from the daemon's \`agent.yaml\`: the registration of
\`ORCHESTRATIA_PROJECT_ID\`, else the first. A key from the file is sent only to the hub that made it.

- A task is named by its key (\`DEMO-3\`), its id, or the first four or more characters of its id.
- \`--json\`, anywhere on the line before a \`--\`, prints the hub's answer as JSON; a failure prints
  \`{"error", "code"}\` and, where the hub refused, its whole \`problem\`.
- \`status\` always exits with 0; the others exit with what became of them:

${exitTable}

- \`@file\` in place of a text or JSON value reads the file, \`-\` reads standard input, where an option says so.

The groups: ${Object.entries(GROUPS)
  .map(([name, summary]) => `\`${name}\` (${summary.toLowerCase()})`)
  .join(", ")}.
`;

function commandSection(name: string, summary: string, examples: readonly string[], command: Command): string {
  const takes = [...command.registeredArguments.map(argumentRow), ...command.options.map(optionRow)];
  return [
    `## ${name}`,
    `${summary}.`,
    ...(takes.length > 0 ? [table(["takes", "for"], takes)] : []),
    `\`\`\`sh\n${examples.join("\n")}\n\`\`\``,
  ].join("\n\n");
}

const argumentRow = (argument: Argument) => row(`<${argument.name()}>`, argument.description);

function optionRow(option: Option): Row {
  const remarks = [
    option.mandatory && "required",
    option.argChoices && `one of ${option.argChoices.join(", ")}`,
    typeof option.defaultValue === "string" && `default ${option.defaultValue}`,
  ].filter(Boolean);
  return row(option.flags, `${option.description}${remarks.length > 0 ? ` (${remarks.join("; ")})` : ""}`);
}

type Row = [first: string, second: string];

const row = (flags: string, text: string): Row => [`\`${flags}\``, text];

/** Columns as wide as their widest cell, as the formatter leaves them. */
function table(header: Row, rows: readonly Row[]): string {
  const cells = [header, ...rows].map((line) => line.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = [0, 1].map((column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const [top, ...body] = cells.map((line) => `| ${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`);
  return [top, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body].join("\n");
}
