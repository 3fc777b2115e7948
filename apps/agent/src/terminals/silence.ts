import { statSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../clock.ts";
import { folderFiles } from "./session-folder.ts";

/** How long nothing may have been printed before somebody's words are typed (domain.md §6). */
export const silenceMs = 5000;
/** A clock in a status line is never silent: who has been at its prompt for so long is listening as well. */
const patienceMs = 60_000;
const lookEveryMs = 1000;

export interface SilenceOptions {
  /** Behind the last byte that was printed. */
  end(): Promise<number>;
  /** How long ago that was, where it can be told. */
  printedAgoMs?(): number | undefined;
  clock: Clock;
  /** It is silent now: the only time when `isNow` says so. */
  onReached(): void;
}

/** Finds out when a terminal has printed nothing for five seconds; looks only while somebody wants to know. */
export class Silence {
  readonly #options: SilenceOptions;
  /** Each time that somebody begins to want to know has a number of its own. */
  #listening: number | undefined;
  #count = 0;
  #begunAt = 0;
  #since = 0;
  #end: number | undefined;
  #isNow = false;
  #cancel: (() => void) | undefined;

  constructor(options: SilenceOptions) {
    this.#options = options;
  }

  /** Whether it is silent at this moment; when not, `onReached` will be called. */
  isNow(): boolean {
    if (!this.#isNow && this.#listening === undefined) {
      this.#count += 1;
      this.#listening = this.#count;
      this.#begunAt = this.#options.clock.now();
      this.#end = undefined;
      void this.#look(this.#count);
    }
    return this.#isNow;
  }

  async #look(listening: number): Promise<void> {
    const { clock, printedAgoMs, onReached } = this.#options;
    const end = await this.#options.end();
    if (this.#listening !== listening) return;
    const now = clock.now();
    if (this.#end === undefined) this.#since = now - (printedAgoMs?.() ?? 0);
    else if (end !== this.#end) this.#since = now;
    this.#end = end;
    const leftMs = Math.min(silenceMs - (now - this.#since), patienceMs - (now - this.#begunAt));
    if (leftMs > 0) {
      this.#cancel = clock.after(Math.min(leftMs, lookEveryMs), () => void this.#look(listening));
      return;
    }
    this.stop();
    this.#isNow = true;
    onReached();
    this.#isNow = false;
  }

  /** Nobody wants to know any more. */
  stop(): void {
    this.#listening = undefined;
    this.#cancel?.();
  }
}

/** How long ago a session's holder had something to keep. */
export function keptAgoMs(folder: string): number | undefined {
  const lookAt = (file: string) => statSync(join(folder, file), { throwIfNoEntry: false });
  const kept = lookAt(folderFiles.printed) ?? lookAt(folderFiles.ring);
  return kept && Math.max(0, Date.now() - kept.mtimeMs);
}
