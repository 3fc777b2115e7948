import { environmentOf, type Process, readProcesses } from "./process-table.ts";

const marker = "ORCHESTRATIA_SESSION_ID";

/** A session and the process that was started in its terminal. */
export interface Root {
  id: string;
  pid: number;
}

interface Known {
  session: string | undefined;
  /** A process that is about to become another program has the environment of the one before. */
  isSettled: boolean;
}

/**
 * Which processes belong to which session: those in its terminal, those that carry its id in the environment, and what
 * any of these started. Whoever belonged to it once does for ever, also when it left its parents and its environment.
 */
export class SessionProcesses {
  #known = new Map<string, Known>();

  async find(roots: readonly Root[]): Promise<Map<string, Process[]>> {
    const table = await readProcesses();
    const byPid = new Map(table.map((process) => [process.pid, process]));
    const leaders = new Map(roots.map(({ id, pid }) => [pid, id]));
    const ids = new Set(roots.map(({ id }) => id));
    const before = this.#known;
    this.#known = new Map();
    const sessions = new Map<number, string | undefined>();

    const sessionOf = (process: Process): string | undefined => {
      if (sessions.has(process.pid)) return sessions.get(process.pid);
      // Against circles, which a number that was given again can make.
      sessions.set(process.pid, undefined);
      const key = `${process.pid} ${process.startedAt}`;
      const known = before.get(key);
      const own =
        known?.session ?? leaders.get(process.pid) ?? leaders.get(process.session) ?? leaders.get(process.group);
      const marked = own ?? (known?.isSettled ? undefined : environmentOf(process.pid, marker));
      const parent = byPid.get(process.parent);
      const session = marked !== undefined && ids.has(marked) ? marked : parent && sessionOf(parent);
      this.#known.set(key, { session, isSettled: known !== undefined });
      sessions.set(process.pid, session);
      return session;
    };

    const found = new Map<string, Process[]>(roots.map(({ id }) => [id, []]));
    for (const process of table) {
      const session = sessionOf(process);
      if (session !== undefined) found.get(session)?.push(process);
    }
    return found;
  }
}
