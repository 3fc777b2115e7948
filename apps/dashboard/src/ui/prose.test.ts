import { expect, test } from "vitest";
import { readBlocks } from "./prose.tsx";

test("a spec falls into headings, paragraphs, lists and code", () => {
  const text =
    "# Goal\n\nBuild the\nclient.\n\n- one\n- two\n  goes on\n\n1. first\n2. second\n\n```sh\nnpm test\n\n# no heading\n```\nEnd";
  expect(readBlocks(text)).toEqual([
    { kind: "heading", text: "Goal" },
    { kind: "paragraph", text: "Build the client." },
    { kind: "list", ordered: false, items: ["one", "two goes on"] },
    { kind: "list", ordered: true, items: ["first", "second"] },
    { kind: "code", text: "npm test\n\n# no heading" },
    { kind: "paragraph", text: "End" },
  ]);
});

test("code that is never closed is shown to its end", () => {
  expect(readBlocks("```\nconst x = 1;")).toEqual([{ kind: "code", text: "const x = 1;" }]);
});
