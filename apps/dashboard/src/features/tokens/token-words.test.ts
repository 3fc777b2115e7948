import { ProjectId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { tokenReach } from "./token-words.ts";

const id = ProjectId.parse("0b0a7b50-6d1c-4a3f-9a53-5f7f5f3f1c11");

test("a token says what it opens", () => {
  expect(tokenReach({ scope: "read", projects: null })).toBe("Reads wherever you may");
  const projects = [
    { id, key: "WEB" },
    { id, key: "OPS" },
  ];
  expect(tokenReach({ scope: "write", projects })).toBe("Reads and writes in WEB, OPS");
});

test("a project that is gone opens nothing, and does not turn the token into one for every project", () => {
  expect(tokenReach({ scope: "write", projects: [{ id, key: null }] })).toBe("Opens nothing: its projects are gone");
});
