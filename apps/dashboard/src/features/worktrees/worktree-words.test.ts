import { expect, test } from "vitest";
import { discardWords, isCleanable, worktreeState } from "./worktree-words.ts";

const clean = {
  missing: false,
  changed_files: 0,
  ahead: 0,
  base_branch: "main" as string | null,
  merged: true,
  branch: "orc/APP-1",
  path: "/w/APP-1",
};

test.each([
  [clean, "Clean, merged"],
  [{ ...clean, ahead: 2 }, "Clean, merged"],
  [{ ...clean, merged: false }, "Not merged"],
  [{ ...clean, merged: false, ahead: 1 }, "1 commit not merged"],
  [{ ...clean, merged: false, changed_files: 1 }, "1 file uncommitted"],
  [{ ...clean, merged: false, changed_files: 2, ahead: 3 }, "2 files uncommitted, 3 commits not merged"],
  [{ ...clean, merged: false, missing: true }, "Folder is gone"],
])("%j is told as it stands", (worktree, word) => {
  expect(worktreeState(worktree).word).toBe(word);
});

const folder = "The folder /w/APP-1, with the files in it that git ignores.";

test("what would be lost is named, and what stays", () => {
  // Merged as other commits with the same changes.
  expect(discardWords({ ...clean, ahead: 1 })).toEqual({
    lost: undefined,
    goes: [folder, "The branch orc/APP-1: main has all its changes."],
    stays: [],
  });
  expect(discardWords({ ...clean, merged: false, changed_files: 2, ahead: 1, base_branch: null })).toEqual({
    lost: "The changes in 2 files that are in no commit. They cannot be had back.",
    goes: [folder],
    stays: ["The branch orc/APP-1, with 1 commit that what it began from has not."],
  });
  expect(discardWords({ ...clean, merged: false, changed_files: 1 })).toMatchObject({
    lost: "The changes in 1 file that is in no commit. They cannot be had back.",
    stays: [],
  });
  expect(discardWords({ ...clean, merged: false }).stays).toEqual([
    "The branch orc/APP-1, with commits that main has not.",
  ]);
  expect(discardWords({ ...clean, merged: false, missing: true }).stays).toEqual(["The branch orc/APP-1."]);
});

test("only merged or missing checkouts of settled tasks are cleaned, and those of tasks that are not known here", () => {
  expect(isCleanable(clean, "done")).toBe(true);
  expect(isCleanable(clean, "running")).toBe(false);
  expect(isCleanable(clean, undefined)).toBe(true);
  expect(isCleanable({ merged: false, missing: true }, "cancelled")).toBe(true);
  expect(isCleanable({ merged: false, missing: false }, "done")).toBe(false);
});
