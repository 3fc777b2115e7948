import { UnreachableError } from "@orchestratia/client/http";
import type { SessionRecord } from "@orchestratia/holder-link/session-record";
import type { AttachOptions } from "../attached-terminal.ts";
import { CommandError } from "../command-error.ts";
import type { CommandModule } from "../command-module.ts";
import type { Context } from "../context.ts";
import * as operations from "../people-operations.ts";
import { printable } from "../printable.ts";
import { type ProjectOption, withProject } from "../project-option.ts";

interface Options extends ProjectOption {
  watch?: true;
  local?: true;
  stateDir?: string;
}

export const sessionAttach: CommandModule = {
  examples: [
    "orchestratia session attach api-worker",
    "orchestratia session attach api-worker --watch",
    "orchestratia session attach api-worker --local",
  ],
  define(command, context) {
    withProject(command)
      .argument("<session>", "Name or id of a live session")
      .option("--watch", "Only look; nothing is typed, and somebody else keeps the terminal's size")
      .option("--local", "A session of this machine, without the hub; offered anyway when the hub does not answer")
      .option("--state-dir <folder>", "The daemon's, for --local; without it the usual one of this account")
      .addHelpText(
        "after",
        "\nKeys: Ctrl-] twice detaches, Ctrl-] t takes the keyboard over, Ctrl-] r gives it up. One person types at a" +
          "\ntime; the terminal has their window's size, so a smaller window than theirs shows its lines broken." +
          "\nWith --local no turns are taken: whoever types on the machine types beside the others, and Ctrl-] t gives the" +
          "\nterminal this window's size. It needs the account that the daemon runs as.",
      )
      .action((session: string, options: Options) => attach(context, session, options));
  },
};

/** Whoever sits at the machine must not wait long for a hub that is away. */
const HUB_LIMIT_MS = 10_000;

type Found = Pick<AttachOptions, "name" | "attach">;

async function attach(context: Context, wanted: string, options: Options): Promise<void> {
  const { stdin: input, stdout: output } = process;
  if (!input.isTTY || !output.isTTY) {
    throw new CommandError("not_a_terminal", "A session can only be attached to a terminal.");
  }
  const { name, attach } = options.local
    ? await onThisMachine(context, wanted, options)
    : await throughHub(context, wanted, options);
  const { attachTerminal } = await import("../attached-terminal.ts");
  const end = await attachTerminal({ name, attach, mode: modeOf(options), input, output });
  const how = end.kind === "detached" ? "detached; it goes on" : `ended${codeWords(end.exitCode)}`;
  context.output.notice(`${name}: ${how}.`);
}

const modeOf = ({ watch }: Options) => (watch ? "watch" : "drive");

async function throughHub(context: Context, wanted: string, options: Options): Promise<Found> {
  const { hub, url, token, project: chosen } = context.people({ timeoutMs: HUB_LIMIT_MS });
  const params = { project: chosen(options.project) };
  try {
    const { sessions } = await hub.call(operations.listSessions, { params, query: { live: "true" } });
    const session = sessions.find(({ id, name }) => name === wanted || id === wanted);
    if (!session) throw noSuchSession(`No live session is called ${wanted}; see \`orchestratia session list\`.`);
    const { attachThroughHub } = await import("../hub-attachment.ts");
    const { id, name } = session;
    const how = { url, token, id, mode: modeOf(options) } as const;
    return { name, attach: (events, size) => attachThroughHub(how, events, size) };
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    const found = await withoutHub(context, wanted, options, { hubUrl: url, project: params.project });
    if (!found) throw error;
    return found;
  }
}

/** Only what is surely meant, or what somebody says is: a session of another project may have the same name. */
async function withoutHub(
  context: Context,
  wanted: string,
  options: Options,
  of: { hubUrl: string; project: string },
): Promise<Found | undefined> {
  const { findLocalSession } = await import("../local-attachment.ts");
  const record = findLocalSession(stateDirOf(context, options), wanted, of);
  if (!record) return undefined;
  const { id, name = id, project_id, cwd } = record;
  if (wanted !== id && of.project !== project_id) {
    const what = printable(`On this machine ${name} of the project ${project_id} works in ${cwd}.`);
    const answer = await context.ask(`The hub does not answer. ${what} Attach to it? [y/N] `, { secret: false });
    if (!/^y(es)?$/i.test(answer.trim())) return undefined;
  }
  return opened(record, options);
}

async function onThisMachine(context: Context, wanted: string, options: Options): Promise<Found> {
  const found = await findOnThisMachine(context, wanted, options);
  if (found) return found;
  throw noSuchSession(
    `No live session on this machine is called ${wanted}; those of a daemon with a folder of its own: --state-dir.`,
  );
}

async function findOnThisMachine(context: Context, wanted: string, options: Options): Promise<Found | undefined> {
  const { findLocalSession } = await import("../local-attachment.ts");
  const record = findLocalSession(stateDirOf(context, options), wanted);
  return record && opened(record, options);
}

const stateDirOf = (context: Context, { stateDir }: Options) => stateDir ?? context.environment.stateDir;

async function opened(record: SessionRecord, options: Options): Promise<Found> {
  const { openLocalSession } = await import("../local-attachment.ts");
  return { name: record.name ?? record.id, attach: await openLocalSession(record, modeOf(options)) };
}

const noSuchSession = (sentence: string) => new CommandError("no_such_session", sentence);

const codeWords = (exitCode: number | null): string => (exitCode === null ? "" : ` with exit code ${exitCode}`);
