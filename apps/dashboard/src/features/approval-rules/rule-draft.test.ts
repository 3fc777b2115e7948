import { type ApprovalRule, NewApprovalRule } from "@orchestratia/protocol/approval-rules";
import type { ProjectId, ServerId } from "@orchestratia/protocol/vocabulary";
import { expect, test } from "vitest";
import { bodyOf, draftOf, NEW_RULE, ruleErrors, withAgent } from "./rule-draft.ts";

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

test("what the form sends is what the hub takes, and shows again what was sent", () => {
  const draft = { ...NEW_RULE, param_pattern: " git * ", agents: ["codex" as const] };
  const body = bodyOf(draft);
  expect(NewApprovalRule.parse(body)).toMatchObject({
    name: "allow Bash: git *",
    param_pattern: "git *",
    server_id: null,
  });
  expect(ruleErrors(draft)).toEqual({});
  const kept = draftOf(rule({ server_id: here, agents: ["codex"], param_pattern: null }));
  expect(bodyOf(kept)).toMatchObject({ name: "git", param_pattern: null, server_id: here, agents: ["codex"] });
  expect(ruleErrors({ ...NEW_RULE, tool_pattern: " ", param_pattern: "x".repeat(501) })).toEqual({
    tool_pattern: expect.any(String),
    param_pattern: expect.any(String),
  });
});

test("agents keep the order of their list", () => {
  expect(withAgent(["codex"], "claude", true)).toEqual(["claude", "codex"]);
  expect(withAgent(["claude", "codex"], "claude", false)).toEqual(["codex"]);
});
