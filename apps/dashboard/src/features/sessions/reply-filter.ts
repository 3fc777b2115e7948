import type { IParser } from "@xterm/xterm";

const isQuery = (data: string) => data.split(";").includes("?");

/**
 * While recorded output is replayed its questions (cursor position, colours, kind of terminal) must not be answered:
 * the program that asked has long gone on, and the answers would reach it as typed text.
 */
export function muteReplies(parser: IParser, muted: () => boolean): void {
  for (const prefix of ["", "?", ">", "="]) {
    const id = prefix ? { prefix } : {};
    parser.registerCsiHandler({ ...id, final: "c" }, muted);
    parser.registerCsiHandler({ ...id, final: "n" }, muted);
    parser.registerCsiHandler({ ...id, intermediates: "$", final: "p" }, muted);
  }
  parser.registerCsiHandler({ prefix: ">", final: "q" }, muted);
  parser.registerCsiHandler({ prefix: "?", final: "u" }, muted);
  parser.registerCsiHandler({ final: "t" }, muted);
  parser.registerDcsHandler({ intermediates: "$", final: "q" }, muted);
  for (const colour of [4, 10, 11, 12]) parser.registerOscHandler(colour, (data) => muted() && isQuery(data));
}
