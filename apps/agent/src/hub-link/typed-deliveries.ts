import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { folderFiles } from "../terminals/session-folder.ts";

const mostRemembered = 500;

const Outcome = z.object({ id: z.string(), state: z.enum(["delivered", "failed"]), reason: z.string().optional() });
export type Outcome = z.infer<typeof Outcome>;

/**
 * Which messages were entered into a session, in its folder: a hub that did not hear of it sends them again, maybe to
 * another daemon than the one that typed them. The newest 500 are kept.
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

  /** On disk when this returns, so that not even a `kill -9` right behind makes the message be typed twice. */
  remember(outcome: Outcome): void {
    this.#outcomes.delete(outcome.id);
    this.#outcomes.set(outcome.id, outcome);
    const [oldest] = this.#outcomes.keys();
    if (this.#outcomes.size > mostRemembered && oldest !== undefined) this.#outcomes.delete(oldest);
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
