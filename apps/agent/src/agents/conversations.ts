import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const mostKept = 500;
const sessionId = /^[A-Za-z0-9_-]{1,64}$/;

const Conversation = z.object({ agent: z.string(), id: z.string().min(1).max(500) });
export type Conversation = z.infer<typeof Conversation>;

/** The agents' own ids of their conversations, by session, also of sessions that are gone: for going on with them. */
export class Conversations {
  readonly #folder: string;

  constructor(stateDir: string) {
    this.#folder = join(stateDir, "conversations");
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Forgets the oldest when there are too many. */
  remember(session: string, conversation: Conversation): void {
    if (!sessionId.test(session)) return;
    const path = join(this.#folder, session);
    try {
      writeFileSync(`${path}.new`, JSON.stringify(conversation), { mode: 0o600 });
      renameSync(`${path}.new`, path);
      for (const name of this.#names().slice(mostKept)) rmSync(join(this.#folder, name), { force: true });
    } catch {
      // On a full disk it cannot be gone on with.
    }
  }

  /** The last conversation of a session; undefined when it told none. */
  of(session: string): Conversation | undefined {
    if (!sessionId.test(session)) return undefined;
    try {
      return Conversation.parse(JSON.parse(readFileSync(join(this.#folder, session), "utf8")));
    } catch {
      return undefined;
    }
  }

  /** Newest first. */
  #names(): string[] {
    const names = readdirSync(this.#folder);
    if (names.length <= mostKept) return names;
    const age = new Map(names.map((name) => [name, statSync(join(this.#folder, name)).mtimeMs]));
    return names.sort((one, other) => (age.get(other) ?? 0) - (age.get(one) ?? 0));
  }
}
