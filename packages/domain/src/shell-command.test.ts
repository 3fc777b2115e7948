// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the shell's, not templates.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readShellLine, type SimpleCommand } from "./shell-command.ts";
import type { Word } from "./shell-command-word.ts";

const plain = (word: Word): string =>
  word.map((piece) => (typeof piece === "string" ? piece : `‹${piece.source ?? ""}›`)).join("");

/** Words apart by "·", assignments first, `>file` and `<file` behind; what is unknown in ‹›. */
const shown = ({ words, assignments, writes, reads }: SimpleCommand): string =>
  [
    ...[...assignments, ...words].map(plain),
    ...writes.map((file) => `>${plain(file)}`),
    ...reads.map((file) => `<${plain(file)}`),
  ].join("·");

const commands = (line: string): string[] => {
  const read = readShellLine(line);
  return read.commands?.map(shown) ?? [`? ${read.uncertain}`];
};

describe("every program of a line is found", () => {
  test.each<[line: string, ...commands: string[]]>([
    ["", ...[]],
    ["git status", "git·status"],
    ["git status; rm -rf /", "git·status", "rm·-rf·/"],
    ["git status;rm x", "git·status", "rm·x"],
    ["a && b || c | d |& e & f", "a", "b", "c", "d", "e", "f"],
    ["a\nb\n\n  c", "a", "b", "c"],
    ["(a; (b)) && { c; }", "a", "b", "c"],
    ["! a", "a"],
    ["time -p a | time b", "time·-p·a", "time·b"],
    ["> x if a; y=1 for", "if·a·>x", "y=1·for"],
    ["echo $(rm x)", "rm·x", "echo·‹$(rm x)›"],
    ['echo "a $(rm "x y") b"', "rm·x y", 'echo·a ‹$(rm "x y")› b'],
    ["echo `rm x`", "rm·x", "echo·‹`rm x`›"],
    ['echo "`rm x`"', "rm·x", "echo·‹`rm x`›"],
    ["echo $(a $(b $(c)))", "c", "b·‹$(c)›", "a·‹$(b $(c))›", "echo·‹$(a $(b $(c)))›"],
    ["diff <(a) >(b)", "a", "b", "diff·‹<(a)›·‹>(b)›"],
    ["x=$(rm x)", "rm·x", "x=‹$(rm x)›"],
    ["if a; then b; elif c; then d; else e; fi", "a", "b", "c", "d", "e"],
    ["for x in 1 $(a); do b $x; done > out", "a", "b·‹$x›", ">out"],
    ["while a\ndo b\ndone", "a", "b"],
    ["for x; do a; done", "a"],
    ["a # ; b\nc", "a", "c"],
    ["a#b", "a#b"],
    [
      "git commit -m \"$(cat <<'EOF'\nit's $(rm x) `rm y`\nEOF\n)\"",
      "cat",
      "git·commit·-m·‹$(cat <<'EOF'\nit's $(rm x) `rm y`\nEOF\n)›",
    ],
    ["cat <<EOF; a\n$(b) $HOME \\$(c)\nEOF\nd", "cat", "a", "b", "d"],
    ["cat <<-'EOF'\n\tx\n\tEOF\na", "cat", "a"],
    ["cat <<A <<B\n1\nA\n2\nB\nc", "cat", "c"],
    ["cat <<'EOF' | sh\nrm x\nEOF", "cat", "sh"],
  ])("%j", (line, ...expected) => {
    expect(commands(line)).toEqual(expected);
  });
});

describe("words are what the program is given", () => {
  test.each<[line: string, command: string]>([
    ["r'm' \"-r\"f", "rm·-rf"],
    ["\\rm x", "rm·x"],
    ["echo 'a; b' \"c && d\" e\\;f", "echo·a; b·c && d·e;f"],
    ["echo 'a\nb'", "echo·a\nb"],
    ["echo 'it'\\''s'", "echo·it's"],
    ["echo \"\" ''", "echo··"],
    ['echo "a\\"b\\$c\\\\d\\e"', 'echo·a"b$c\\d\\e'],
    ['echo "a\\\nb"', "echo·ab"],
    ["git \\\n  status", "git·status"],
    ["echo $'a\\tb\\\\' $'\\x41'", "echo·‹$'a\\tb\\\\'›·‹$'\\x41'›"],
    [
      "echo $HOME ${HOME} ${x:-y} ${#x} ${x%.ts} $1 $? $((1 + 2))",
      "echo·‹$HOME›·‹${HOME}›·‹${x:-y}›·‹${#x}›·‹${x%.ts}›·‹$1›·‹$?›·‹$((1 + 2))›",
    ],
    ["ls *.ts a?b [ab] ~/x ~root", "ls·‹*›.ts·a‹?›b·‹[›ab]·‹~›/x·‹~root›"],
    ["rm {-rf,/}", "rm·‹{-rf,/}›"],
    ["rm a{b,'c d'}", "rm·‹a{b,'c d'}›"],
    ["find . -exec rm {} +", "find·.·-exec·rm·{}·+"],
    ["[ -f x ]", "[·-f·x·]"],
    ["A=1 B+='x y' git status", "A=1·B+=x y·git·status"],
    ["git A=1", "git·A=1"],
    ["=ls", "? the name of a program is made up"],
    ["~/bin/x y", "‹~›/bin/x·y"],
    ["echo a$ $", "echo·a$·$"],
    ["echo 100% a@b c^d e!", "echo·100%·a@b·c^d·e!"],
    ["echo é 日本 👩‍💻", "echo·é·日本·👩‍💻"],
  ])("%j", (line, command) => {
    expect(commands(line)).toEqual([command]);
  });
});

describe("files that are opened", () => {
  test.each<[line: string, command: string]>([
    ["echo a > x", "echo·a·>x"],
    ["echo a>>x 2>y", "echo·a·>x·>y"],
    ["> x", ">x"],
    ["echo a >| x >& w <> v &> y", "echo·a·>x·>w·>v·>y"],
    ["echo a &>> z", "echo·a·>z"],
    ["a 2>&1 >&2 2>&- > /dev/null 2>/dev/stderr", "a"],
    ["a < x", "a·<x"],
    ["a <<< 'x'", "a"],
    ["echo a 2 > x", "echo·a·2·>x"],
    ["echo a2> x", "echo·a2·>x"],
    ["echo > $x", "echo·>‹$x›"],
    ["echo > /dev/tcp/a/1", "echo·>/dev/tcp/a/1"],
    ["> /dev/nul'l'", ">/dev/null"],
  ])("%j", (line, command) => {
    expect(commands(line)).toEqual([command]);
  });
});

describe("what is not certain is not guessed", () => {
  test.each([
    "echo 'a",
    'echo "a',
    "echo `a",
    "echo `a \\`b\\``",
    "echo $(a",
    "(a",
    "a)",
    "a;;",
    "case x in y) a;; esac",
    "select x in a; do b; done",
    "[[ -f x ]]",
    "((x = 1))",
    "function a { b; }",
    "git() { rm x; }",
    "git () { rm x; }",
    "coproc a",
    "a=(b c)",
    "a[$(b)]=c",
    "$x y",
    "${x}y",
    "$(a) b",
    "r{m,m} x",
    "/bin/?m x",
    'echo $"a"',
    "echo $'a\\'b'",
    "$'git' status",
    "echo $((x))",
    "echo $((a) | (b))",
    "echo $[1+1]",
    "echo ${x:-$(a)}",
    "echo ${x@P}",
    "echo ${!x}",
    "echo ${x[$(a)]}",
    "echo $x[$(a)]",
    "for PATH in /x; do git status; done",
    "for path in /x; do git status; done",
    "for ((;;)); do a; done",
    "for x (a b) c",
    "if [ x ] { a }",
    "a }",
    "time if a; then b; fi",
    "time -p { a; }",
    "> x (a)",
    "} x",
    "echo *(e:'rm x':)",
    "echo =(a)",
    "gi\\\nt status",
    "cat <<EOF\na",
    "cat <<EOF\na\\\nEOF\nrm x\nEOF",
    "cat <<EOF\n`a`\nEOF",
    "$(cat <<EOF\nx\nEOF)\nrm -rf /\nEOF\n)",
    "cat <<$x\nx\n$x",
    "cat <<EOF 'a\nEOF\nrm x'\nEOF",
    "echo $(a # )\n)",
    "a <",
    "a &> b rm x",
    "a &>> b > c",
    "a > | b",
    "cat <&$x",
    "a\u00a0b",
    "a\u3000b",
    "a\r\nb",
    "a\u0000b",
    "a \u202e b",
    "a '\u202e'",
    "g\u200dit status",
    "a\u2028b",
    `echo ${"a".repeat(40_000)}`,
    `${"(".repeat(200)}a${")".repeat(200)}`,
    `${"echo $(".repeat(200)}a${")".repeat(200)}`,
  ])("%j", (line) => {
    expect(readShellLine(line).uncertain).toBeTypeOf("string");
  });
});

/** As single quotes carry any text. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const word = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 12 }).filter((text) => !/[\n\t]/.test(text));

test("quoted words stay what they are, whatever is in them", () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 6 }), (words) => {
      const read = readShellLine(words.map(quoted).join(" "));
      expect(read.commands?.map(({ words: found }) => found.map(plain))).toEqual([words]);
    }),
  );
});

test("as many commands are found as were joined, by whatever operator", () => {
  const operator = fc.constantFrom(";", "&&", "||", "|", "&", "\n", " |& ", "\n\n");
  fc.assert(
    fc.property(fc.array(fc.tuple(word, operator), { minLength: 1, maxLength: 8 }), (parts) => {
      const line = parts.map(([name, joined]) => `${quoted(name)} x${joined}`).join("");
      const read = readShellLine(line);
      expect(read.commands?.map(({ words }) => plain(words[0] ?? []))).toEqual(parts.map(([name]) => name));
    }),
  );
});

test("any text is read or refused, in little time", () => {
  const syntax = fc.constantFrom(
    ..."$`'\"\\(){}[]<>|&;#!~*?= \n\tab1".split(""),
    "$(",
    "<<",
    "EOF",
    "\nEOF\n",
    "for x in",
    "do",
    "done",
  );
  fc.assert(
    fc.property(fc.array(syntax, { maxLength: 60 }), (parts) => {
      const read = readShellLine(parts.join(""));
      expect(read.commands === undefined).toBe(typeof read.uncertain === "string");
    }),
    { numRuns: 3000 },
  );
});
