import type { ApprovalRule } from "@orchestratia/protocol/approval-rules";
import type { ProjectId, ServerId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { tryTool } from "./try-tool.ts";

const here = "6f1c2d7e-0000-4000-8000-000000000001" as ServerId;
const rule = (more: Partial<ApprovalRule>): ApprovalRule => ({
  id: crypto.randomUUID(),
  project_id: "6f1c2d7e-0000-4000-8000-000000000002" as ProjectId,
  name: "git",
  tool_pattern: "Bash",
  param_pattern: "git *",
  action: "allow",
  server_id: null,
  agents: [],
  is_active: true,
  created_by: { type: "user", id: here, name: "Ada" },
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
  ...more,
});

test("a trial is judged part by part, by the rules that are on", () => {
  const rules = [rule({}), rule({ name: "never", action: "deny", param_pattern: "rm *", is_active: false })];
  const trial = { agent: "claude", server: here, tool: "Bash", given: "git status && rm x", cwd: "" };
  const judged = tryTool(rules, trial);
  expect(judged.parts.map(({ shown, decision, rule }) => [shown, decision, rule?.name])).toEqual([
    ["git status", "allow", "git"],
    ["rm x", "ask", undefined],
  ]);
  expect(judged.decision).toBe("ask");
  const [git, never] = rules;
  if (!git || !never) throw new Error("two rules");
  expect(tryTool([git, { ...never, is_active: true }], trial)).toMatchObject({
    decision: "deny",
    rule: { name: "never" },
  });
  expect(tryTool([], { ...trial, given: "orchestratia task check" }).decision).toBe("allow");
});
