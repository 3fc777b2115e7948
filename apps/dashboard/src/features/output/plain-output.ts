const escapes =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /\u001b(?:\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[PX^_][^\u001b]*(?:\u001b\\)?|\[[0-?]*[ -/]*[@-~]|[ -/]*[0-~])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** What a carriage return wrote over is gone: a progress bar is its last state. */
const lastWritten = (line: string): string => line.replace(/\r+$/, "").split("\r").at(-1) ?? "";

/** Printed text as a reader sees it: without colours, cursor moves and what was written over. */
export const plainOutput = (text: string): string =>
  text.replace(escapes, "").split("\n").map(lastWritten).join("\n").replace(unseen, "");
