import { expect, test } from "vitest";
import { plainOutput } from "./plain-output.ts";

test("colours, titles and cursor moves leave the words", () => {
  expect(plainOutput("\u001b[1;32mok\u001b[0m 12 tests\u001b[K")).toBe("ok 12 tests");
  expect(plainOutput("\u001b]0;a title\u0007done \u001b]8;;https://x\u001b\\link\u001b]8;;\u001b\\")).toBe("done link");
  expect(plainOutput("\u001b(Bplain\u001b7\u001b8")).toBe("plain");
});

test("a progress bar is its last state, and Windows line ends are line ends", () => {
  expect(plainOutput("10 %\r50 %\r100 %\nnext\r\nlast")).toBe("100 %\nnext\nlast");
});

test("what cannot be seen is left out, tabs and lines stay", () => {
  expect(plainOutput("a\u0007\tb\u0000\n\n c")).toBe("a\tb\n\n c");
});
