import { isContained } from "./containment.ts";
import type { GitPlace } from "./git.ts";

const mostKnown = 10_000;

interface Where {
  cwd: string;
  place: GitPlace;
}

/** Remembers which commits hold which: that never changes, and finding it out takes a repository's whole log. */
export class KnownContainment {
  readonly #judge: typeof isContained;
  readonly #known = new Map<string, boolean>();

  constructor(judge = isContained) {
    this.#judge = judge;
  }

  /** Whether everything that `head` has is in `tip`, in the repository of that folder. */
  async isContained(repository: string, head: string, tip: string, where: Where): Promise<boolean> {
    const key = `${head} ${tip} ${repository}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = await this.#judge(head, tip, where);
    const [oldest] = this.#known.keys();
    if (this.#known.size >= mostKnown && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(key, found);
    return found;
  }
}
