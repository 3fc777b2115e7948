import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Fault {
  /** The rule of the house that it breaks. */
  breaks: string;
  rule: string;
  file: string;
  source: string;
}

const imports = (what: string) => `import { thing } from "${what}";\n\nexport const other = thing;\n`;
const restricted = (breaks: string, file: string, what: string): Fault => ({
  breaks,
  rule: "lint/style/noRestrictedImports",
  file,
  source: imports(what),
});

const hub = "apps/hub/src";

const faults: Fault[] = [
  restricted("domain imports nothing, not even zod", "packages/domain/src/with-zod.ts", "zod"),
  restricted("domain imports nothing of Node", "packages/domain/src/with-node.ts", "node:fs"),
  restricted("domain does not know protocol", "packages/domain/src/upwards.ts", "@orchestratia/protocol/tasks"),
  restricted(
    "domain does not know protocol by a path",
    "packages/domain/src/by-path.ts",
    "../../protocol/src/tasks.ts",
  ),
  restricted("protocol knows no library but zod", "packages/protocol/src/with-ajv.ts", "ajv"),
  restricted("protocol does not know client", "packages/protocol/src/upwards.ts", "@orchestratia/client/http"),
  restricted(
    "protocol does not know the hub",
    "packages/protocol/src/operations/hub.ts",
    "../../../../apps/hub/src/hub.ts",
  ),
  restricted(
    "client does not know domain",
    "packages/client/src/past-protocol.ts",
    "@orchestratia/domain/task-lifecycle",
  ),
  restricted("client runs in a browser too", "packages/client/src/with-node.ts", "node:fs"),
  restricted(
    "the link to a holder knows no hub",
    "packages/holder-link/src/upwards.ts",
    "@orchestratia/protocol/tasks",
  ),
  restricted("the dashboard knows no holder", "apps/dashboard/src/holder.ts", "@orchestratia/holder-link/wire"),
  restricted("the hub knows no holder", `${hub}/sessions/holder.ts`, "@orchestratia/holder-link/wire"),
  restricted("the dashboard does not import the hub", "apps/dashboard/src/features/hub.ts", "@orchestratia/hub/tasks"),
  restricted("the dashboard does not import the agent", "apps/dashboard/src/agent.ts", "../../agent/src/daemon.ts"),
  restricted("the agent does not import the hub", "apps/agent/src/hub.ts", "../../hub/src/tasks/start-task.ts"),
  restricted("the agent does not import the CLI", "apps/agent/src/cli.ts", "@orchestratia/cli/program"),
  restricted("the CLI does not import the hub", "apps/cli/src/commands/hub.ts", "../../../hub/src/tasks/start-task.ts"),
  restricted("the CLI does not query the database", "apps/cli/src/commands/database.ts", "pg"),
  restricted("the hub has no client", `${hub}/tasks/with-client.ts`, "@orchestratia/client/http"),
  restricted("the hub does not import an app", `${hub}/tasks/with-cli.ts`, "../../../../apps/cli/src/program.ts"),
  restricted("production code does not import what serves tests", `${hub}/tasks/tested.ts`, "../testing/until.ts"),
  restricted("a command knows no Fastify", `${hub}/tasks/start-task.ts`, "fastify"),
  restricted("a command knows no Fastify plugin", `${hub}/users/commands.ts`, "@fastify/cookie"),
  restricted("a command knows no socket", `${hub}/sessions/start-session.ts`, "ws"),
  restricted("a command knows no HTTP shell", `${hub}/tasks/fail-task.ts`, "../http/serve.ts"),
  restricted("a command knows no route", `${hub}/tasks/plan-task.ts`, "./routes.ts"),
  restricted("a command knows no route of agents", `${hub}/tasks/help-task.ts`, "../sessions/agent-routes.ts"),
  restricted("a command knows no dashboard", `${hub}/notes/add-note.ts`, "../dashboard-link/viewer.ts"),
  restricted("a query knows no Fastify", `${hub}/tasks/queries.ts`, "fastify"),
  restricted("a query runs no command", `${hub}/projects/queries.ts`, "./commands.ts"),
  restricted("the database knows no concept", `${hub}/db/with-concept.ts`, "../tasks/queries.ts"),
  restricted("the embedded database knows no concept", `${hub}/db/embedded-postgres/up.ts`, "../../tasks/queries.ts"),
  restricted("facts know no concept", `${hub}/events/with-concept.ts`, "../tasks/queries.ts"),
  restricted("facts know no door", `${hub}/events/with-door.ts`, "../http/serve.ts"),
  restricted("who a caller is knows no concept", `${hub}/access/with-concept.ts`, "../projects/access.ts"),
  restricted("the shell of a door knows no concept", `${hub}/http/with-concept.ts`, "../tasks/queries.ts"),
  restricted("no room knows the wiring", `${hub}/server-link/wiring.ts`, "../hub.ts"),
  {
    breaks: "only config.ts reads the environment",
    rule: "lint/style/noProcessEnv",
    file: `${hub}/tasks/environment.ts`,
    source: "export const home = process.env.HOME;\n",
  },
  {
    breaks: "a command is handed its settings",
    rule: "lint/style/noRestrictedImports",
    file: `${hub}/tasks/settings.ts`,
    source: imports("../config.ts"),
  },
  {
    breaks: "files stay under 400 lines",
    rule: "lint/style/noExcessiveLinesPerFile",
    file: `${hub}/tasks/long.ts`,
    source: Array.from({ length: 401 }, (_, line) => `export const line${line} = ${line};\n`).join(""),
  },
  {
    breaks: "exports have names",
    rule: "lint/style/noDefaultExport",
    file: `${hub}/tasks/default.ts`,
    source: "export default 1;\n",
  },
  {
    breaks: "no enums",
    rule: "lint/style/noEnum",
    file: `${hub}/tasks/enum.ts`,
    source: "export enum Colour {\n  Red = 1,\n}\n",
  },
  {
    breaks: "no parameter properties",
    rule: "lint/style/noParameterProperties",
    file: `${hub}/tasks/parameter-property.ts`,
    source: "export class Thing {\n  constructor(private readonly thing: string) {}\n}\n",
  },
  {
    breaks: "no import cycles",
    rule: "lint/suspicious/noImportCycles",
    file: `${hub}/tasks/hen.ts`,
    source: 'import { egg } from "./egg.ts";\n\nexport const hen = () => egg();\n',
  },
  {
    breaks: "no barrels",
    rule: "lint/performance/noBarrelFile",
    file: `${hub}/tasks/barrel.ts`,
    source: 'export { egg } from "./egg.ts";\nexport { hen } from "./hen.ts";\n',
  },
  {
    breaks: "no export of everything",
    rule: "lint/performance/noReExportAll",
    file: `${hub}/tasks/everything.ts`,
    source: 'export * from "./egg.ts";\n',
  },
  {
    breaks: "imports carry their extension",
    rule: "lint/correctness/useImportExtensions",
    file: `${hub}/tasks/bare.ts`,
    source: 'import { egg } from "./egg";\n\nexport const other = egg;\n',
  },
  {
    breaks: "files are named in kebab-case",
    rule: "lint/style/useFilenamingConvention",
    file: `${hub}/tasks/startTask.ts`,
    source: "export const one = 1;\n",
  },
  {
    breaks: "no console in sources",
    rule: "lint/suspicious/noConsole",
    file: `${hub}/tasks/chatty.ts`,
    source: 'export const speak = () => console.log("hello");\n',
  },
];

/** What must stay allowed: a rule that forbids everything would pass the tests above. */
const allowed: [file: string, what: string][] = [
  ["packages/domain/src/neighbour.ts", "./vocabulary.ts"],
  ["packages/protocol/src/allowed-zod.ts", "zod"],
  ["packages/protocol/src/operations/allowed-domain.ts", "@orchestratia/domain/task-lifecycle"],
  ["packages/protocol/src/operations/allowed-neighbour.ts", "../tasks.ts"],
  ["packages/client/src/allowed-protocol.ts", "@orchestratia/protocol/tasks"],
  ["apps/dashboard/src/features/allowed-client.ts", "@orchestratia/client/http"],
  ["apps/agent/src/hub-link/allowed-protocol.ts", "@orchestratia/protocol/server-link"],
  ["apps/cli/src/commands/allowed-client.ts", "@orchestratia/client/http"],
  [`${hub}/tasks/routes.ts`, "../http/serve.ts"],
  [`${hub}/tasks/agent-routes.ts`, "fastify"],
  [`${hub}/tasks/allowed-domain.ts`, "@orchestratia/domain/task-lifecycle"],
  [`${hub}/tasks/allowed-query.ts`, "../projects/queries.ts"],
  [`${hub}/delivery/allowed-connections.ts`, "../server-link/connections.ts"],
  [`${hub}/events/allowed-database.ts`, "../db/transaction.ts"],
  [`${hub}/http/allowed-access.ts`, "../access/caller.ts"],
  [`${hub}/dashboard-link/allowed-concept.ts`, "../sessions/live-sessions.ts"],
  [`${hub}/hub.ts`, "./tasks/routes.ts"],
  [`${hub}/tasks/neighbour.test.ts`, "../testing/until.ts"],
];

interface Diagnostic {
  category: string;
  location: { path: string };
}

const folder = await mkdtemp(path.join(tmpdir(), "orchestratia-layering-"));
/** The rules that spoke up, by file. */
const found = new Map<string, string[]>();

beforeAll(async () => {
  for (const file of ["biome.json", ".gitignore"]) await cp(path.join(root, file), path.join(folder, file));
  for (const { file, source } of faults) await plant(file, source);
  for (const [file, what] of allowed) await plant(file, imports(what));
  await plant(`${hub}/tasks/egg.ts`, 'import { hen } from "./hen.ts";\n\nexport const egg = () => hen();\n');
  for (const { category, location } of await lint()) {
    found.set(location.path, [...(found.get(location.path) ?? []), category]);
  }
});

afterAll(() => rm(folder, { recursive: true }));

async function plant(file: string, source: string): Promise<void> {
  const target = path.join(folder, file);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, source, { flag: "wx" });
}

function lint(): Promise<Diagnostic[]> {
  const biome = path.join(root, "node_modules/.bin/biome");
  const args = ["lint", "--reporter=json", "--max-diagnostics=none", "."];
  return new Promise((resolve, reject) => {
    execFile(biome, args, { cwd: folder, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      // It is expected to fail; only an answer that is none is an error.
      const json = stdout.slice(stdout.indexOf("{"));
      if (json === "") reject(new Error(stderr, { cause: error }));
      else resolve((JSON.parse(json) as { diagnostics: Diagnostic[] }).diagnostics);
    });
  });
}

test.each(faults)("$breaks ($file)", ({ file, rule }) => {
  expect(found.get(file)).toContain(rule);
});

test.each(allowed)("%s may import %s", (file) => {
  expect(found.get(file) ?? []).not.toContain("lint/style/noRestrictedImports");
});
