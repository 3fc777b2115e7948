/*
 * What a terminal emulator sends by itself, where a program asked it or was promised it, and nobody typed. Of several
 * emulators at one terminal each would answer.
 */

/** Who it is (DA), its state and its cursor (DSR): programs wait for these. */
const IDENTITY = [
  String.raw`\[[?>][\d;]*c`,
  String.raw`P!\|[\da-fA-F]*\x1b\\`,
  String.raw`\[[03]n`,
  String.raw`\[\?[\d;]+n`,
  String.raw`\[\??\d+;\d+(?:;\d+)?R`,
];

const OTHERS = [
  // Focus came and went.
  String.raw`\[[IO]`,
  // Colours, the clipboard, titles.
  String.raw`\]\d+;[^\x07\x1b]*(?:\x07|\x1b\\)`,
  String.raw`\][lL][^\x07\x1b]*\x1b\\`,
  // Version (XTVERSION), settings (DECRQSS), capabilities (XTGETTCAP).
  String.raw`P(?:>\||[01]\$r|[01]\+r)[^\x1b]*\x1b\\`,
  // Modes (DECRPM), parameters, keyboard modes, sizes of the window.
  String.raw`\[\??[\d;]+\$y`,
  String.raw`\[[23];[\d;]+x`,
  String.raw`\[\?\d+u`,
  String.raw`\[>\d+(?:;\d+)?m`,
  String.raw`\[[\d;]+t`,
];

const oneOf = (replies: readonly string[]) => new RegExp(String.raw`\x1b(?:${replies.join("|")})`, "g");

const NEEDED_BY_NOBODY = oneOf(OTHERS);
const ALL = oneOf([...IDENTITY, ...OTHERS]);

/**
 * What was typed, without what the emulator added. Nobody else answers a program that asks who it talks to, so the
 * driver's answers to that are let through.
 */
export function withoutDeviceReplies(input: string, from: "driver" | "spectator"): string {
  if (!input.includes("\x1b")) return input;
  return input.replace(from === "driver" ? NEEDED_BY_NOBODY : ALL, "");
}
