// Everything that moves a cursor, rings, or opens an escape sequence; tab and newline stay.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** The same value with every text in it safe to print: titles and notes are written by other agents. */
export function printable<T>(value: T): T {
  if (typeof value === "string") return value.replaceAll("\r\n", "\n").replace(CONTROL, "") as T;
  if (Array.isArray(value)) return value.map(printable) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [printable(key), printable(inner)])) as T;
}
