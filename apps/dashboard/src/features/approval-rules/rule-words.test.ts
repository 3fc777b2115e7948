import type { ServerId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { scopeWords } from "./rule-words.ts";

const here = "6f1c2d7e-0000-4000-8000-000000000001" as ServerId;
const rule = { tool_pattern: "Bash", param_pattern: null, server_id: null, agents: [] };

test("a rule is told with whom and where it holds", () => {
  const servers = [{ id: here, name: "box" }];
  expect(scopeWords(rule, servers)).toBe("every agent on every server");
  expect(scopeWords({ ...rule, server_id: here, agents: ["claude", "codex"] }, servers)).toBe(
    "claude, codex on server box",
  );
});
