import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startFakeHub } from "../testing/fake-hub.ts";
import { sessionStart, startTestDaemon } from "../testing/test-daemon.ts";
import { tsxFlags } from "../testing/test-terminals.ts";
import { waitFor } from "../testing/wait.ts";

const hookLine = [process.execPath, ...tsxFlags, fileURLToPath(new URL("./main.ts", import.meta.url))].join(" ");
const rule = {
  id: "44444444-4444-4444-8444-444444444444",
  name: "listing",
  tool_pattern: "Bash",
  param_pattern: "ls *",
  action: "allow",
  is_active: true,
  scope_type: "project",
  scope_id: "0b8f1b3e-32bf-4a2c-9a44-6a7c9b8f3d22",
  agent_filter: "all",
};
const payload = JSON.stringify({ cwd: "/", tool_name: "Bash", tool_input: { command: "ls x" } });

test("a session's hook is answered by its daemon, by the rules of its hub as they are now", async () => {
  await using hub = await startFakeHub();
  await using _daemon = await startTestDaemon(hub.url);
  hub.rules.push(rule);
  await hub.linked();
  const read = () => hub.log.filter((line) => line === "GET /api/v1/server/approval-rules").length;
  await waitFor(() => read() === 1);
  const ask = `while read line; do echo '${payload}' | ${hookLine} claude PreToolUse; done`;
  const frame = sessionStart(ask);
  hub.start(frame);
  await waitFor(() => hub.of("session_started", frame.session_id).length > 0);
  hub.type(frame.session_id, "\r");
  const output = () => hub.output(frame.session_id).toString();
  await waitFor(() => output().includes('"permissionDecision":"allow"'));

  hub.rules.splice(0, 1, { ...rule, action: "deny" });
  hub.send({ type: "approval_rules_updated" });
  await waitFor(() => read() === 2);
  hub.type(frame.session_id, "\r");
  await waitFor(() => output().includes('"permissionDecision":"deny"'));
  expect(output()).toContain("“listing” forbids it");
  expect(hub.mistakes).toEqual([]);
});
