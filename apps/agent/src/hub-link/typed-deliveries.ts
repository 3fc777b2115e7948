import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { folderFiles } from "../terminals/session-folder.ts";

const mostRemembered = 500;

const Outcome = z.discriminatedUnion("state", [
  z.object({ id: z.string(), state: z.enum(["delivered", "failed"]), reason: z.string().optional() }),
  z.object({
    id: z.string(),
    /** Its text may stand at the prompt; Enter may have been pressed behind it. */
    state: z.enum(["typing", "entering"]),
    text: z.string(),
    urgent: z.boolean(),
  }),
]);
export type Outcome = z.infer<typeof Outcome>;
/** How far a daemon got with a message before it was killed. */
export type Unfinished = Extract<Outcome, { text: string }>;

/**
 * Which messages were entered into a session, in its folder: a hub that did not hear of it sends them again, maybe to
 * another daemon than the one that typed them. The newest 500 are kept.
 *
 *   (unknown) → typing → entering → delivered
 *                  └────────┴─────→ failed, or unknown again when nothing of it was entered
 */
export class TypedDeliveries {
  readonly #path: string;
  readonly #outcomes: Map<string, Outcome>;

  constructor(folder: string) {
    this.#path = join(folder, folderFiles.deliveries);
    this.#outcomes = new Map(read(this.#path).map((outcome) => [outcome.id, outcome]));
  }

  outcome(id: string): Outcome | undefined {
    return this.#outcomes.get(id);
  }

  /** What an earlier daemon had begun to type, oldest first. */
  unfinished(): Unfinished[] {
    return [...this.#outcomes.values()].filter((outcome) => "text" in outcome);
  }

  /** On disk when this returns, so that not even a `kill -9` right behind makes the message be typed twice. */
  remember(outcome: Outcome): void {
    this.#outcomes.delete(outcome.id);
    this.#outcomes.set(outcome.id, outcome);
    const [oldest] = this.#outcomes.keys();
    if (this.#outcomes.size > mostRemembered && oldest !== undefined) this.#outcomes.delete(oldest);
    this.#write();
  }

  /** Nothing of it was entered: it may be typed again. */
  forget(id: string): void {
    if (this.#outcomes.delete(id)) this.#write();
  }

  #write(): void {
    try {
      writeFileSync(`${this.#path}.new`, JSON.stringify([...this.#outcomes.values()]), { mode: 0o600 });
      renameSync(`${this.#path}.new`, this.#path);
    } catch {
      // On a full disk it is remembered as long as this daemon runs.
    }
  }
}

function read(path: string): Outcome[] {
  try {
    return z.array(Outcome).parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return [];
  }
}
