import { HubClient } from "@orchestratia/client/http";
import { CommandError } from "./command-error.ts";
import type { Environment } from "./config.ts";
import { EXIT } from "./exit-codes.ts";
import type { Hub } from "./hub.ts";
import { findHubAccess } from "./hub-access.ts";
import { nodeFetch } from "./node-fetch.ts";
import { Output, type Writer } from "./output.ts";
import { findPeopleAccess, hasPeopleAccess } from "./people-access.ts";
import { version } from "./version.ts";

/** What a command works with. */
export interface Context {
  readonly environment: Environment;
  readonly output: Output;
  /** What the command ends with when nothing fails: a finding can be an answer and a verdict. */
  readonly outcome: { exitCode: number };
  /** Asks at the terminal; throws `not_a_terminal` where nobody can answer. A secret is not shown. */
  ask(question: string, options: { secret: boolean }): Promise<string>;
  /** The whole of standard input; a second reader is refused. */
  readStdin(): Promise<string>;
  /**
   * The hub in the words of the agents' door, as a session or a server by its key, else as the person who signed in.
   * Throws `not_configured` when nothing says which hub it is, `project_fixed` for a project beside a key.
   */
  hub(options?: Patience & { project?: string | undefined }): Promise<Hub>;
  /** The hub's door for people. Throws `not_configured` and `not_signed_in`. */
  people(patience?: Patience): People;
}

/** How long a call waits for its answer, and how often it is sent again; without a word, as the client does, and twice. */
interface Patience {
  timeoutMs?: number;
  retries?: number;
}

/** A person at a hub. */
interface People {
  readonly hub: HubClient;
  readonly url: string;
  readonly token: string;
  /** The project that a command is about: the one it names, else the chosen one. Throws `no_project`. */
  project(named: string | undefined): string;
}

export interface ContextOptions {
  environment: Environment;
  json: boolean;
  stdin: AsyncIterable<string | Uint8Array> & { isTTY?: boolean };
  stdout: Writer & { isTTY?: boolean; columns?: number };
  stderr: Writer & { isTTY?: boolean };
}

/** Of a terminal that does not say how wide it is. */
const USUAL_COLUMNS = 80;

/** Calls a hub as a person. */
export const peopleClient = (url: string, token: string | undefined, patience: Patience = {}): HubClient =>
  new HubClient({
    baseUrl: url,
    headers: () => ({
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      "user-agent": `orchestratia-cli/${version()}`,
    }),
    fetch: nodeFetch,
    retries: 2,
    ...patience,
  });

export function createContext({ environment, json, stdin, stdout, stderr }: ContextOptions): Context {
  let stdinTaken = false;
  const colorOn = ({ isTTY }: { isTTY?: boolean }) => environment.color === "terminal" && isTTY === true;
  const people = (patience?: Patience): People => {
    const { url, token, project } = findPeopleAccess(environment);
    return {
      url,
      token,
      hub: peopleClient(url, token, patience),
      project(named) {
        const chosen = named ?? environment.project ?? project;
        if (chosen !== undefined) return chosen;
        throw new CommandError("no_project", "Which project? Say --project KEY, or `orchestratia project use KEY`.");
      },
    };
  };
  return {
    environment,
    outcome: { exitCode: EXIT.ok },
    output: new Output({
      json,
      stdout,
      stderr,
      color: { stdout: colorOn(stdout), stderr: colorOn(stderr) },
      columns: stdout.isTTY === true ? stdout.columns || USUAL_COLUMNS : undefined,
    }),
    ask: async (question, { secret }) => (await import("./ask.ts")).ask(question, secret, stdin, stderr),
    async readStdin() {
      if (stdinTaken) throw new CommandError("invalid_input", "Only one value can come from standard input.");
      stdinTaken = true;
      const chunks: Buffer[] = [];
      for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString("utf8");
    },
    people,
    async hub({ project, ...patience } = {}) {
      if (environment.apiKey === undefined && hasPeopleAccess(environment)) {
        const { PersonDoor } = await import("./person-door.ts");
        const person = people(patience);
        return new PersonDoor(person.hub, () => person.project(project));
      }
      if (project !== undefined) {
        throw new CommandError("project_fixed", "A key is good for one project, so --project is for people.");
      }
      const { url, apiKey } = await findHubAccess(environment);
      return new HubClient({
        baseUrl: url,
        headers: () => ({ "x-api-key": apiKey, "user-agent": `orchestratia-cli/${version()}` }),
        fetch: nodeFetch,
        retries: 2,
        ...patience,
      });
    },
  };
}
