import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readShellLine } from "./shell-command.ts";

const BASH = "/bin/bash";
/** Tells of each program that bash looks for and does not find: all of them. */
const WATCH =
  'command_not_found_handle() { local o; builtin printf -v o "%s\\1" "$@"; builtin printf "%s\\2" "$o" >&9; }; eval "$0"';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "orc-shell-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The programs that bash tried to run, each with its arguments. */
function runByBash(line: string): string[][] {
  const { output } = spawnSync(BASH, ["--norc", "-c", WATCH, line], {
    env: { PATH: "/nonexistent", HOME: "/nonexistent" },
    cwd: folder,
    input: "",
    timeout: 5000,
    stdio: ["pipe", ...Array.from({ length: 8 }, () => "ignore" as const), "pipe"],
  });
  const told = String(output?.[9] ?? "").split("\u0002");
  return told.filter(Boolean).map((words) => words.split("\u0001").slice(0, -1));
}

const piece = fc.constantFrom(
  ...[
    "a",
    "b1",
    " ",
    " ",
    "  ",
    "\t",
    "\n",
    ";",
    "&&",
    "||",
    "|",
    "|&",
    "&",
    "(",
    ")",
    "{ ",
    " ;}",
    "{",
    "}",
    "{}",
    ",",
  ],
  ...[
    "$(",
    "`",
    "'",
    '"',
    "\\",
    "$",
    '"$x"',
    "$'",
    '\\"',
    '"\'"',
    "'a b'",
    "x=1 ",
    "=",
    "~",
    "*",
    "[",
    "!",
    "! ",
    "#",
    "# ",
  ],
  ...[
    "if ",
    "; then ",
    "; fi",
    "for i in ",
    "; do ",
    "; done",
    "time ",
    "\\\n",
    "<",
    ">",
    "&>",
    "2>&1",
    "<(",
    "> /dev/null",
  ],
  ...["<<EOF", "\nEOF\n", "<<'E'", "\nE\n", "<<-EOF", "\n\tEOF\n", "$((1))", "a{b,c}", "-c", "é", "/", ".."],
);
const value = (word: readonly unknown[]): string | undefined =>
  word.every((part) => typeof part === "string") ? word.join("") : undefined;

test.skipIf(!existsSync(BASH))("bash runs no program that was not found in its line", { timeout: 120_000 }, () => {
  let ran = 0;
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
      const line = pieces.join("");
      const { commands } = readShellLine(line);
      if (!commands || commands.length === 0) return;
      // Of what stands behind `time` the program is the next word.
      const found = commands.flatMap(({ words }) => (value(words[0] ?? []) === "time" ? words : words.slice(0, 1)));
      const names = found.map(value);
      for (const [name = ""] of runByBash(line)) {
        ran += 1;
        if (!names.includes(undefined)) expect(names).toContain(name);
      }
    }),
    { numRuns: 2500 },
  );
  expect(ran).toBeGreaterThan(50);
});
