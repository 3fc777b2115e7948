const KEY = "\x1d";
const WISHES: Readonly<Record<string, AttachWish>> = { [KEY]: "detach", t: "take_over", r: "release" };

export type AttachWish = "detach" | "take_over" | "release";

/** Finds what is meant for this program among what is typed: Ctrl-] and one more key. */
export class AttachKeys {
  #held = false;

  /** What is to be typed, and what is wished, in this order; behind a wish to detach nothing is typed. */
  read(input: string): { typed: string; wishes: AttachWish[] } {
    const wishes: AttachWish[] = [];
    let typed = "";
    for (const character of input) {
      const wish = this.#held ? WISHES[character] : undefined;
      if (wish) wishes.push(wish);
      if (wish === "detach") break;
      if (wish === undefined && this.#held) typed += KEY + character;
      else if (wish === undefined && character !== KEY) typed += character;
      this.#held = !this.#held && character === KEY;
    }
    return { typed, wishes };
  }
}
