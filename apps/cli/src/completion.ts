import { type Complete, RootCommand } from "@bomb.sh/tab";
import type { Command, Option } from "commander";
import type { Context } from "./context.ts";
import * as operations from "./operations.ts";
import * as people from "./people-operations.ts";

interface Value {
  value: string;
  description: string;
}

/** Whoever waits for a completion waits at the prompt. */
const PATIENCE = { timeoutMs: 1500, retries: 0 };

/** A question may be pages long, and shells show one line. */
const DESCRIPTION_MAX = 80;

/** What the hub knows a word of, by the name that options and arguments give it. */
const KINDS: Readonly<Record<string, (context: Context, project: string | undefined) => Promise<Value[]>>> = {
  task: tasks,
  session: sessions,
  key: projects,
  server: servers,
  intervention: interventions,
};
/** Options whose value is a session's name, although they say just that it is a name. */
const SESSION_OPTIONS = ["--session", "--assign", "--to"];

/**
 * Prints what may stand in place of the last of these words, in the form that the shells' scripts read: commands and
 * options from the tree of commands, whose wanted one is loaded, and keys and names from the hub, if it answers in time.
 */
export async function complete(program: Command, words: string[], context: Context): Promise<void> {
  const root = new RootCommand();
  const wanted = wantedKind(program, words);
  const known = wanted === undefined ? [] : await valuesOf(wanted, words, context);
  const offer = (kind: string | undefined) => (say: Complete) => {
    if (kind === wanted) for (const { value, description } of known) say(value, description);
  };
  for (const [name, command] of commandsOf(program)) {
    const ours = root.command(name, command.description());
    for (const option of command.options) {
      const long = option.long?.slice(2) ?? "";
      if (!option.required && !option.optional) ours.option(long, option.description, option.short?.slice(1));
      else if (option.argChoices) ours.option(long, option.description, sayAll(option.argChoices));
      else ours.option(long, option.description, offer(kindOfOption(option)));
    }
    for (const argument of command.registeredArguments) {
      const { argChoices, variadic } = argument;
      ours.argument(argument.name(), argChoices ? sayAll(argChoices) : offer(kindOf(argument.name())), variadic);
    }
  }
  root.parse(words);
}

const sayAll = (choices: readonly string[]) => (say: Complete) => {
  for (const choice of choices) say(choice, "");
};

const kindOf = (name: string) => (Object.hasOwn(KINDS, name) ? name : undefined);

function kindOfOption({ long, flags }: Option): string | undefined {
  return SESSION_OPTIONS.includes(long ?? "") ? "session" : kindOf(/<(\w+)/.exec(flags)?.[1] ?? "");
}

/** What the last word is the name of; undefined when it is none that the hub knows. */
function wantedKind(program: Command, words: readonly string[]): string | undefined {
  const [command] = commandsOf(program)
    .filter(([name]) => name.split(" ").every((word, at) => word === words[at]))
    .map(([, found]) => found)
    .reverse();
  const before = words.at(-2);
  const option = command?.options.find(({ long }) => long === before);
  if (option && (option.required || option.optional)) return kindOfOption(option);
  return kindOf(command?.registeredArguments[0]?.name() ?? "");
}

/** Every group and command below, each behind the group that it stands in. */
function commandsOf(parent: Command, path = ""): [string, Command][] {
  return parent.commands.flatMap((child) => {
    const name = path === "" ? child.name() : `${path} ${child.name()}`;
    return [[name, child], ...commandsOf(child, name)] as [string, Command][];
  });
}

async function valuesOf(kind: string, words: readonly string[], context: Context): Promise<Value[]> {
  const at = words.indexOf("--project");
  try {
    return (await KINDS[kind]?.(context, at === -1 ? undefined : words[at + 1])) ?? [];
  } catch {
    // Nobody asked a question; a hub that does not answer completes nothing.
    return [];
  }
}

async function tasks(context: Context, project: string | undefined): Promise<Value[]> {
  const hub = await context.hub({ project, ...PATIENCE });
  const { tasks } = await hub.call(operations.listTasks, { query: { limit: "100" } });
  return tasks.map(({ key, title }) => ({ value: key, description: title }));
}

async function sessions(context: Context, project: string | undefined): Promise<Value[]> {
  const hub = await context.hub({ project, ...PATIENCE });
  const { sessions } = await hub.call(operations.listSessions, {});
  return sessions.map(({ name, server_name, agent }) => ({ value: name, description: `${agent} on ${server_name}` }));
}

async function servers(context: Context, project: string | undefined): Promise<Value[]> {
  const hub = await context.hub({ project, ...PATIENCE });
  const { servers } = await hub.call(operations.listServers);
  return servers.map(({ name, hostname, status }) => ({ value: name, description: `${status}, ${hostname}` }));
}

async function interventions(context: Context, project: string | undefined): Promise<Value[]> {
  const hub = await context.hub({ project, ...PATIENCE });
  const found = await hub.call(operations.listInterventions, { query: { limit: "100" } });
  return found.map(({ id, status, question }) => ({
    value: id,
    description: `${status}: ${question.replaceAll(/\s+/g, " ").slice(0, DESCRIPTION_MAX)}`,
  }));
}

async function projects(context: Context): Promise<Value[]> {
  const { projects } = await context.people(PATIENCE).hub.call(people.listProjects);
  return projects.map(({ key, name }) => ({ value: key, description: name }));
}
