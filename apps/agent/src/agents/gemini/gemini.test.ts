import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gemini } from "./gemini.ts";

test("the user's own rules are read beside our policy, where there are any", () => {
  const home = mkdtempSync(join(tmpdir(), "orc-gemini-"));
  const policyPaths = () => {
    const request = { folder: "/s", cwd: "/w", env: { HOME: home }, hookCommand: ["hook"], contextText: "" };
    const { files } = gemini.launch?.(request) ?? {};
    return JSON.parse(files?.["gemini-settings.json"] ?? "{}").policyPaths;
  };
  expect(policyPaths()).toEqual(["/s/gemini-policy.toml"]);
  mkdirSync(join(home, ".gemini/policies"), { recursive: true });
  expect(policyPaths()).toEqual(["/s/gemini-policy.toml", join(home, ".gemini/policies")]);
  rmSync(home, { recursive: true });
});
