import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import * as rules from "@orchestratia/protocol/operations/approval-rules";
import * as people from "@orchestratia/protocol/operations/people";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askDaemon } from "../../../agent/src/hooks/ask-daemon.ts";
import { Hooks } from "../../../agent/src/hooks/hooks.ts";
import { startTestHub, type TestHub } from "../testing/test-hub.ts";
import { openTestTeam } from "../testing/test-team.ts";
import { until } from "../testing/until.ts";

let hub: TestHub;
beforeAll(async () => {
  hub = await startTestHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

/** A session whose hooks are those of our daemon. */
async function open() {
  const admin = await hub.admin();
  const team = await openTestTeam({ url: hub.url, admin });
  const { project, daemon } = team;
  const session = await team.startAgent();
  const stateDir = mkdtempSync(join(tmpdir(), "orc-gate-"));
  const registration = {
    hub_url: hub.url,
    project_id: project,
    server_id: daemon.serverId,
    name: "box",
    api_key: daemon.apiKey,
  };
  const hooks = new Hooks({
    stateDir,
    listener: { onEvent: () => {}, onAsking: () => () => {}, contextOf: () => "" },
    registrationOf: (id) => (id === session.id ? registration : undefined),
    log: pino({ level: "silent" }),
  });
  await hooks.start();
  const env = hooks.envFor(session.id);
  const params = { project };
  return {
    team,
    session,
    params,
    read: () => hooks.refresh(registration),
    /** As the agent in the session asks through its hook. */
    async use(command: string) {
      const payload = { session_id: "c", cwd: "/repo", tool_name: "Bash", tool_input: { command } };
      const { stdout } = await askDaemon({
        socket: env.ORCHESTRATIA_HOOK_SOCKET,
        secret: env.ORCHESTRATIA_HOOK_SECRET,
        agent: "claude",
        event: "PreToolUse",
        input: Readable.from([Buffer.from(JSON.stringify(payload))]),
        limitMs: 30_000,
      });
      return JSON.parse(stdout).hookSpecificOutput as { permissionDecision: string; permissionDecisionReason: string };
    },
    async answer(response: string) {
      const query = { session_id: session.id, status: "pending" } as const;
      const pending = async () => (await admin.call(people.listInterventions, { params, query })).interventions[0];
      await until(async () => (await pending()) !== undefined);
      const asked = await pending();
      if (!asked) throw new Error("it is asked no more");
      const at = { params: { project, intervention: asked.id }, body: { response } };
      await admin.call(people.respondIntervention, at);
      return asked;
    },
    async [Symbol.asyncDispose]() {
      await hooks.stop();
      rmSync(stateDir, { recursive: true, force: true });
      await team[Symbol.asyncDispose]();
    },
  };
}

test("a tool is asked about on the hub, allowed for ever, and from then on allowed by the rule on the machine", async () => {
  await using there = await open();
  const asking = there.use("npm test");
  const asked = await there.answer("Allow always");
  expect(asked.question).toBe(`${there.session.name} wants to use Bash: npm test`);
  expect(await asking).toMatchObject({ permissionDecision: "allow", permissionDecisionReason: "Ada allowed it." });

  await there.team.daemon.next("approval_rules_updated");
  await there.read();
  expect(await there.use("npm test")).toMatchObject({
    permissionDecisionReason: "The rule “Allowed always: npm test” allows it.",
  });
  const denying = there.use("npm publish");
  await there.answer("Deny: tag it first");
  const told = "Ada denied it: tag it first";
  expect(await denying).toMatchObject({ permissionDecision: "deny", permissionDecisionReason: told });

  const { params } = there;
  const log = async () => (await there.team.admin.call(rules.listPermissions, { params })).permissions;
  await until(async () => (await log()).length === 3);
  expect((await log()).map(({ decision, reason, session_name }) => [decision, reason, session_name])).toEqual([
    ["denied", told, there.session.name],
    ["allowed", "The rule “Allowed always: npm test” allows it.", there.session.name],
    ["allowed", "Ada allowed it.", there.session.name],
  ]);
});

test("a rule that is changed on the hub holds on the machine at once", async () => {
  await using there = await open();
  const { params } = there;
  const body = { name: "git", tool_pattern: "Bash", param_pattern: "git *", action: "allow" } as const;
  const made = await there.team.admin.call(rules.createApprovalRule, { params, body });
  await there.team.daemon.next("approval_rules_updated");
  await there.read();
  expect((await there.use("git status")).permissionDecision).toBe("allow");
  const at = { params: { ...params, rule: made.id }, body: { action: "deny" } } as const;
  await there.team.admin.call(rules.updateApprovalRule, at);
  await there.team.daemon.next("approval_rules_updated");
  await there.read();
  expect((await there.use("git status")).permissionDecision).toBe("deny");
});
