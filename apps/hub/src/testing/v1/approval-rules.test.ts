import * as rules from "@orchestratia/protocol/operations/approval-rules";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestHub, type TestHub } from "../test-hub.ts";
import { refusalCode } from "../test-team.ts";
import { V1Stage } from "./v1-stage.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

async function open() {
  const stage = await V1Stage.open(hub);
  const daemon = await stage.daemon();
  const { params } = stage;
  return {
    stage,
    daemon,
    params,
    add: (rule: Partial<Parameters<typeof make>[0]>) =>
      make({ name: "rule", tool_pattern: "*", action: "allow", ...rule }),
    read: async () => JSON.parse((await daemon.get("/api/v1/server/approval-rules")).text) as { name: string }[],
  };
  function make(body: {
    name: string;
    tool_pattern: string;
    action: "allow" | "deny";
    param_pattern?: string;
    server_id?: typeof daemon.serverId;
    agents?: ("claude" | "codex")[];
    is_active?: boolean;
  }) {
    return stage.admin.call(rules.createApprovalRule, { params, body });
  }
}

test("a server reads the rules that hold on it: what forbids first, then its own before the project's", async () => {
  const { stage, daemon, add, read } = await open();
  const other = await stage.daemon();
  await add({ name: "project allows" });
  await add({ name: "project denies", action: "deny", tool_pattern: "Bash", param_pattern: "git push*" });
  await add({ name: "another's", server_id: other.serverId });
  await add({ name: "off", action: "deny", is_active: false });
  await add({ name: "own allows", server_id: daemon.serverId, agents: ["claude", "codex"] });
  await add({ name: "own denies", server_id: daemon.serverId, action: "deny" });
  expect((await read()).map(({ name }) => name)).toEqual([
    "own denies",
    "project denies",
    "own allows",
    "project allows",
  ]);
  expect(await read()).toMatchObject([
    { scope_type: "server", scope_id: daemon.serverId, agent_filter: "all", is_active: true, action: "deny" },
    { scope_type: "project", scope_id: stage.project.id, tool_pattern: "Bash", param_pattern: "git push*" },
    { agent_filter: "claude,codex" },
    { param_pattern: null },
  ]);
  await stage[Symbol.asyncDispose]();
});

test("connected daemons are told of every change, and of nobody else's", async () => {
  const { stage, daemon, params, add, read } = await open();
  const foreign = await open();
  const made = await add({});
  await daemon.next("approval_rules_updated");
  const one = { params: { ...params, rule: made.id } };
  await stage.admin.call(rules.updateApprovalRule, { ...one, body: { action: "deny", param_pattern: "rm *" } });
  await daemon.next("approval_rules_updated");
  expect(await read()).toMatchObject([{ id: made.id, action: "deny", param_pattern: "rm *", tool_pattern: "*" }]);
  expect(
    await refusalCode(
      foreign.stage.admin.call(rules.deleteApprovalRule, { params: { ...foreign.params, rule: made.id } }),
    ),
  ).toBe("rule_not_found");
  expect(await refusalCode(add({ server_id: foreign.daemon.serverId }))).toBe("server_not_found");
  expect(await stage.admin.call(rules.deleteApprovalRule, one)).toMatchObject({ id: made.id });
  await daemon.next("approval_rules_updated");
  expect(await read()).toEqual([]);
  expect(foreign.daemon.all("approval_rules_updated")).toEqual([]);
  await stage[Symbol.asyncDispose]();
  await foreign.stage[Symbol.asyncDispose]();
});

test("what the hooks decided is kept, mended where it could not be, and read newest first", async () => {
  const { stage, daemon, params } = await open();
  const session = await stage.session(daemon);
  const entry = (tool_input: unknown, more: object = {}) => ({
    session_id: session.id,
    project_id: stage.project.id,
    tool_name: "Bash",
    tool_input,
    decision: "denied",
    matched_rule_id: "r",
    reason: "no",
    agent_name: "claude",
    created_at: "2026-11-21T08:00:00.123456+00:00",
    ...more,
  });
  let deep: unknown = {};
  for (let level = 0; level < 400; level += 1) deep = { deep };
  const entries = [
    entry({ command: "git push" }),
    entry({ command: "a\0b \ud800" }),
    entry({ content: "x".repeat(100_000) }),
    entry(deep, { session_id: "orc-abcdefabcdef", decision: "asked", created_at: "yesterday" }),
    entry({}, { decision: "maybe" }),
    null,
  ];
  const { status, text } = await daemon.post("/api/v1/server/permissions/log", { entries });
  expect([status, JSON.parse(text)]).toEqual([201, { kept: 4 }]);
  const list = (query: object) => stage.admin.call(rules.listPermissions, { params, query });
  const first = await list({ limit: 2 });
  expect(first.permissions).toMatchObject([
    { decision: "asked", session_id: null },
    { tool_input: { cut: true, beginning: expect.stringMatching(/^\{"content":"xxx/) } },
  ]);
  const second = await list({ limit: 2, after: first.next ?? "" });
  expect(second).toMatchObject({
    permissions: [
      { tool_input: { command: "a\uFFFDb \uFFFD" } },
      {
        tool_input: { command: "git push" },
        session_id: session.id,
        at: "2026-11-21T08:00:00.123Z",
        agent_name: "claude",
      },
    ],
    next: null,
  });
  expect((await list({ decision: "asked" })).permissions).toHaveLength(1);
  expect((await list({ session_id: session.id })).permissions).toHaveLength(3);
  await stage[Symbol.asyncDispose]();
});

test("the oldest entries of a project go when it has more than 100,000", async () => {
  const { stage, daemon, params } = await open();
  await hub.database.sql.query(
    `insert into hub.permission_log (project_id, server_id, tool_name, tool_input, decision, at)
     select $1, $2, 'Bash', '{}', 'allowed', now() from generate_series(1, 100500)`,
    [stage.project.id, daemon.serverId],
  );
  const entries = Array.from({ length: 1_000 }, () => ({ tool_name: "Edit", tool_input: {}, decision: "allowed" }));
  expect((await daemon.post("/api/v1/server/permissions/log", { entries })).status).toBe(201);
  const [row] = await hub.database.sql.query(
    "select count(*)::int as kept from hub.permission_log where project_id = $1",
    [stage.project.id],
  );
  expect(row).toEqual({ kept: 100_000 });
  expect((await stage.admin.call(rules.listPermissions, { params, query: { limit: 1 } })).permissions).toMatchObject([
    { tool_name: "Edit" },
  ]);
  await stage[Symbol.asyncDispose]();
});
