/** Between two words of a command: what a pattern's space means. A space inside a word is none. */
export const GAP: unique symbol = Symbol("gap");

/**
 * Text that only shows when the command runs (a variable, a substitution, a glob). `source` is how it was written, where that
 * says something.
 */
export interface Unknown {
  readonly source?: string;
}

/** A text to be matched: literal text, gaps between words, and what nobody can know beforehand. */
export type Text = readonly (string | typeof GAP | Unknown)[];

type Symbols = readonly (string | typeof GAP | typeof ANYTHING)[];

/** Any text, also none and also with gaps in it. */
const ANYTHING: unique symbol = Symbol("anything");

const SURELY = { isSure: true };
const MAY = { isSure: false };

/**
 * Whether the text is one that the glob means, whatever the unknown turns out to be. `*` is any text (also `/`, spaces and
 * none), `?` one character, a space the gap between two words; every other character is itself. The unknown is only covered
 * by a `*`, or by a pattern that writes it the same way (`$HOME`).
 */
export function surelyMatches(pattern: string, text: Text): boolean {
  const written = ({ source }: Unknown): Symbols => (source === undefined ? [ANYTHING] : [...source]);
  return matches(pattern, symbols(text, written), SURELY);
}

/** Whether the text might be one that the glob means: the unknown is taken for anything, and any space for a gap. */
export function mayMatch(pattern: string, text: Text): boolean {
  return matches(
    pattern,
    symbols(text, () => [ANYTHING]),
    MAY,
  );
}

function symbols(text: Text, unknown: (piece: Unknown) => Symbols): Symbols {
  return text.flatMap((piece): Symbols => {
    if (piece === GAP) return [GAP];
    return typeof piece === "string" ? [...piece] : unknown(piece);
  });
}

/**
 * All places of the pattern where the text read so far can have led: time is bounded by text × pattern, and nothing is ever
 * compiled from input.
 */
function matches(pattern: string, text: Symbols, { isSure }: { isSure: boolean }): boolean {
  const glob = [...pattern.trim().replace(/ +/g, " ")];
  let places = new Uint8Array(glob.length + 1);
  let next = new Uint8Array(glob.length + 1);
  places[0] = 1;
  passStars(glob, places);
  for (const symbol of text) {
    next.fill(0);
    // What may be anything leads from a place to all behind it.
    let isReached = false;
    for (let place = 0; place <= glob.length; place += 1) {
      if (places[place] === 1 && symbol === ANYTHING && !isSure) isReached = true;
      if (isReached) next[place] = 1;
      if (isReached || places[place] !== 1) continue;
      const wanted = glob[place];
      if (wanted === "*") next[place] = 1;
      else if (wanted !== undefined && symbol !== ANYTHING && isMeant(wanted, symbol, isSure)) next[place + 1] = 1;
    }
    if (!passStars(glob, next)) return false;
    [places, next] = [next, places];
  }
  return places[glob.length] === 1;
}

function isMeant(wanted: string, symbol: string | typeof GAP, isSure: boolean): boolean {
  if (symbol === GAP) return wanted === " " || (wanted === "?" && !isSure);
  if (wanted === " ") return symbol === " " && !isSure;
  return wanted === "?" || wanted === symbol;
}

/** Adds what stars that stand for nothing lead to; answers whether any place is left. */
function passStars(glob: readonly string[], places: Uint8Array): boolean {
  let isAny = false;
  for (let place = 0; place <= glob.length; place += 1) {
    if (places[place] !== 1) continue;
    isAny = true;
    if (glob[place] === "*") places[place + 1] = 1;
  }
  return isAny;
}
