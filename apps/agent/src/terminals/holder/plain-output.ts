/** How a screen that has read `length` bytes can be had without reading them. */
export interface Skip {
  length: number;
  /** What to read instead: the colours that are left, at a line's beginning. */
  instead: Buffer;
}

const refused = 255;
const [lineFeed, carriageReturn, escapeByte, colourEnd] = [0x0a, 0x0d, 0x1b, 0x6d];
const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, n) => first + n);
const trail = range(0x80, 0xbf);

/**
 * Accepts what moves a cursor only along its line or to the next one and changes nothing but cells and colours: valid
 * UTF-8 without C1 controls, tab, bell, line feed, carriage return, SGR and EL. By state: what each byte leads to.
 */
const table = plainTable();

function plainTable(): Uint8Array {
  // 0 ground, 1 behind ESC, 2 in CSI; then within a character: 3, 4, 5 want so many bytes less 2, the others forbid some.
  const moves: [state: number, bytes: number[], to: number][] = [
    [0, [0x07, 0x09, lineFeed, carriageReturn, ...range(0x20, 0x7e)], 0],
    [0, [escapeByte], 1],
    [1, [0x5b], 2],
    [2, range(0x30, 0x3b), 2],
    [2, [0x4b, colourEnd], 0],
    [0, range(0xc3, 0xdf), 3],
    [0, [...range(0xe1, 0xec), 0xee, 0xef], 4],
    [0, range(0xf1, 0xf3), 5],
    [3, trail, 0],
    [4, trail, 3],
    [5, trail, 4],
    [0, [0xc2], 6],
    [6, range(0xa0, 0xbf), 0],
    [0, [0xe0], 7],
    [7, range(0xa0, 0xbf), 3],
    [0, [0xed], 8],
    [8, range(0x80, 0x9f), 3],
    [0, [0xf0], 9],
    [9, range(0x90, 0xbf), 4],
    [0, [0xf4], 10],
    [10, range(0x80, 0x8f), 4],
  ];
  const made = new Uint8Array(11 * 256).fill(refused);
  for (const [state, bytes, to] of moves) for (const byte of bytes) made[state * 256 + byte] = to;
  return made;
}

/** How many bytes at the beginning are plain, whole characters and sequences only. */
function plainLength(bytes: Uint8Array): number {
  let state = 0;
  let whole = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    // Most of it is ASCII text, which needs no table.
    if (state === 0 && byte >= 0x20 && byte < 0x7f) continue;
    if (state === 0) whole = at;
    state = table[state * 256 + byte] as number;
    if (state === refused) return whole;
  }
  return state === 0 ? bytes.length : whole;
}

/** The last place behind a carriage return and line feed with at least `lines` line feeds behind it; -1 when there is none. */
function beforeLast(lines: number, bytes: Uint8Array): number {
  for (let at = bytes.length, behind = 0; at > 0; behind += 1) {
    at = bytes.lastIndexOf(lineFeed, at - 1);
    if (behind >= lines && bytes[at - 1] === carriageReturn) return at + 1;
  }
  return -1;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character.
const colourSequences = /\x1b\[[0-9:;]*m/g;

/** The colours behind `bytes`, which are plain, as the sequences since they were reset last. */
function coloursOf(bytes: Buffer): Buffer {
  const reset = Math.max(bytes.lastIndexOf("\x1b[0m"), bytes.lastIndexOf("\x1b[m"), 0);
  const sequences = bytes.toString("latin1", reset).match(colourSequences) ?? [];
  return Buffer.from(`\r${sequences.join("")}`);
}

/**
 * What need not be read of `bytes`: plain output scrolls away whatever was on the screen, so what a terminal with a
 * scrollback keeps of it are its last lines. At least `lines` line feeds, all of them plain, stay behind what is skipped.
 */
export function skipPlain(bytes: Buffer, lines: number): Skip | undefined {
  const plain = bytes.subarray(0, plainLength(bytes));
  const length = beforeLast(lines, plain);
  return length > 0 ? { length, instead: coloursOf(plain.subarray(0, length)) } : undefined;
}
