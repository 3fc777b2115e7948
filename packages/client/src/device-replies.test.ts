import { describe, expect, test } from "vitest";
import { withoutDeviceReplies } from "./device-replies.ts";

const IDENTITY = {
  "primary device attributes": "\x1b[?62;4;9;22c",
  "secondary device attributes": "\x1b[>0;276;0c",
  "tertiary device attributes": "\x1bP!|7E7E4441\x1b\\",
  "device status": "\x1b[0n",
  "cursor position": "\x1b[24;80R",
  "cursor position with the page": "\x1b[?24;80;1R",
  "printer status": "\x1b[?13n",
};

const OTHERS = {
  "foreground colour": "\x1b]10;rgb:e8e8/e5e5/e0e0\x1b\\",
  "background colour, ended by a bell": "\x1b]11;rgb:1212/1010/0d0d\x07",
  "a colour of the palette": "\x1b]4;1;rgb:f0f0/8282/7a7a\x1b\\",
  clipboard: "\x1b]52;c;c2VjcmV0\x07",
  "window title": "\x1b]lrm -rf /\x1b\\",
  version: "\x1bP>|xterm.js(6.0.0)\x1b\\",
  settings: "\x1bP1$r0m\x1b\\",
  capabilities: "\x1bP1+r544e=787465726d\x1b\\",
  "focus gained": "\x1b[I",
  "focus lost": "\x1b[O",
  "a mode": "\x1b[?2004;2$y",
  "an ANSI mode": "\x1b[4;2$y",
  "terminal parameters": "\x1b[2;1;1;128;128;1;0x",
  "keyboard modes": "\x1b[?0u",
  "modified keys": "\x1b[>4;1m",
  "size of the window": "\x1b[8;24;80t",
};

const TYPED = {
  text: "echo 'ls -la' | grep [0n\r",
  "text of the world": "grüße 漢字 👩‍💻",
  "cursor keys": "\x1b[A\x1b[B\x1bOC\x1bOD",
  "function keys": "\x1bOP\x1bOR\x1b[15~\x1b[24~",
  "keys with modifiers": "\x1b[1;5A\x1b[3;2~\x1b[1;2P",
  escape: "\x1b",
  "alt and a letter": "\x1bf\x1b]\x1bP\x1b[",
  "a bracketed paste": "\x1b[200~two\rlines\x1b[201~",
  "a mouse report": "\x1b[<0;10;20M\x1b[<0;10;20m",
  "a key in kitty's protocol": "\x1b[97;5u",
  "control characters": "\x03\x04\x1a\x07\x00",
};

const each = (replies: object) => Object.entries(replies) as [name: string, input: string][];

describe("what an emulator sends by itself is taken out", () => {
  test.each(each(IDENTITY))("%s, but for the driver's", (_, reply) => {
    expect(withoutDeviceReplies(`a${reply}b`, "spectator")).toBe("ab");
    expect(withoutDeviceReplies(`a${reply}b`, "driver")).toBe(`a${reply}b`);
  });

  test.each(each(OTHERS))("%s", (_, reply) => {
    expect(withoutDeviceReplies(`a${reply}${reply}b`, "spectator")).toBe("ab");
    expect(withoutDeviceReplies(`a${reply}${reply}b`, "driver")).toBe("ab");
  });
});

describe("what somebody types stays as it is", () => {
  test.each(each(TYPED))("%s", (_, typed) => {
    expect(withoutDeviceReplies(typed, "spectator")).toBe(typed);
    expect(withoutDeviceReplies(typed, "driver")).toBe(typed);
  });
});
