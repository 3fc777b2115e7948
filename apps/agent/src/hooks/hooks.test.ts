import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import { PermissionBatch } from "@orchestratia/protocol/approval-rules";
import { NewToolRequest, type ToolRequest } from "@orchestratia/protocol/tool-requests";
import { pino } from "pino";
import { expect, test } from "vitest";
import type { ToolDecision } from "../agents/hook-event.ts";
import type { Registration } from "../config.ts";
import { waitFor } from "../testing/wait.ts";
import { askDaemon } from "./ask-daemon.ts";
import { Hooks } from "./hooks.ts";

const sessionId = "11111111-1111-4111-8111-111111111111";
const serverId = "22222222-2222-4222-8222-222222222222";
const projectId = "33333333-3333-4333-8333-333333333333";

interface Rule {
  action: "allow" | "deny" | "ask";
  tool_pattern: string;
  param_pattern: string | null;
}

const ruleOf = (text: string, n: number) => {
  const [action = "", tool_pattern = "", ...param] = text.split(" ");
  return {
    id: `44444444-4444-4444-8444-44444444444${n}`,
    name: text,
    action: action as Rule["action"],
    tool_pattern,
    param_pattern: param.length > 0 ? param.join(" ") : null,
    is_active: true,
    scope_type: "project",
    scope_id: projectId,
    agent_filter: "all",
  };
};

/** The hub as far as hooks know it. */
async function startHub({ port = 0 } = {}) {
  const hub = {
    rules: [] as string[],
    asked: [] as NewToolRequest[],
    withdrawn: [] as string[],
    logged: [] as Record<string, unknown>[],
    /** What people answer; undefined while they do not. */
    decide: (_: NewToolRequest): ToolRequest["status"] => "pending",
    refusing: 0,
  };
  const view = (request: NewToolRequest) => {
    const status = hub.decide(request);
    const reason = status === "pending" ? null : `Ada ${status} it.`;
    return { id: request.request_id, status, reason, timeout_at: new Date().toISOString() };
  };
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const { method, url = "" } = request;
    if (hub.refusing > 0) return answer(hub.refusing, { detail: "No." });
    if (url === "/api/v1/server/approval-rules") return answer(200, hub.rules.map(ruleOf));
    if (url === "/api/v1/server/permissions/log") {
      const { entries } = PermissionBatch.parse(await json(request));
      hub.logged.push(...(entries as Record<string, unknown>[]));
      return answer(201, { kept: entries.length });
    }
    if (method === "POST") {
      const asked = NewToolRequest.parse(await json(request));
      hub.asked.push(asked);
      return answer(201, view(asked));
    }
    const asked = hub.asked.find(({ request_id }) => url.includes(request_id));
    if (!asked) return answer(404, { detail: "There is no such request." });
    if (method === "DELETE") hub.withdrawn.push(asked.request_id);
    else await waitFor(() => request.destroyed || hub.decide(asked) !== "pending", 1000).catch(() => {});
    return answer(200, view(asked));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const { port: bound } = server.address() as AddressInfo;
  return {
    ...hub,
    hub,
    port: bound,
    url: `http://127.0.0.1:${bound}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function open({ decisionLimitMs = 20_000 } = {}) {
  const stateDir = mkdtempSync(join(tmpdir(), "orc-gate-"));
  const hub = await startHub();
  const registration: Registration = {
    hub_url: hub.url,
    project_id: projectId,
    server_id: serverId,
    name: "box",
    api_key: "orc_key",
  };
  const asking: string[] = [];
  const listener = {
    onEvent: () => {},
    onAsking: (session: string, text: string) => {
      asking.push(`${session} ${text}`);
      return () => void asking.pop();
    },
    contextOf: () => "",
  };
  const start = async () => {
    const hooks = new Hooks({
      stateDir,
      listener,
      registrationOf: (session) => (session === sessionId ? registration : undefined),
      log: pino({ level: "silent" }),
      decisionLimitMs,
    });
    await hooks.start();
    return hooks;
  };
  const running = { hooks: await start() };
  /** As an agent asks through its hook. */
  async function use(
    input: unknown,
    { tool = "Bash", session = sessionId, cwd = "/repo" } = {},
  ): Promise<ToolDecision> {
    const env = running.hooks.envFor(session);
    const payload = { session_id: "c", cwd, tool_name: tool, tool_input: input };
    const { stdout } = await askDaemon({
      socket: env.ORCHESTRATIA_HOOK_SOCKET,
      secret: env.ORCHESTRATIA_HOOK_SECRET,
      agent: "claude",
      event: "PreToolUse",
      input: Readable.from([Buffer.from(JSON.stringify(payload))]),
      limitMs: 30_000,
    });
    const { permissionDecision: decision, permissionDecisionReason: reason } = JSON.parse(stdout).hookSpecificOutput;
    return { decision, reason };
  }
  return {
    stateDir,
    hub: hub.hub,
    stopHub: hub.stop,
    startHubAgain: () => startHub({ port: hub.port }),
    registration,
    asking,
    use,
    bash: (command: string) => use({ command }),
    refresh: () => running.hooks.refresh(registration),
    async restart() {
      await running.hooks.stop();
      running.hooks = await start();
    },
    async [Symbol.asyncDispose]() {
      await running.hooks.stop();
      await hub.stop().catch(() => {});
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

test("rules that could not be read are read as soon as the hub answers, without being told of them again", async () => {
  await using there = await open();
  there.hub.rules = ["allow Bash git *"];
  await there.refresh();
  there.hub.rules = ["deny Bash git *"];
  there.hub.refusing = 503;
  await there.refresh();
  expect((await there.bash("git status")).decision).toBe("allow");
  there.hub.refusing = 0;
  await waitFor(async () => (await there.bash("git status")).decision === "deny");
  // The hub went away for good.
  there.hub.refusing = 503;
  await there.refresh();
});

test("a rule that a newer hub made and this daemon cannot read asks people, and the others hold", async () => {
  await using there = await open();
  there.hub.rules = ["allow Bash *", "consult Bash git *", "deny Bash rm *"];
  there.hub.decide = () => "allowed";
  await there.refresh();
  for (const look of ["read", "kept"]) {
    expect((await there.bash("rm x")).decision, look).toBe("deny");
    expect((await there.bash("make all")).decision, look).toBe("allow");
    expect(there.hub.asked.splice(0), look).toEqual([]);
    expect((await there.bash("git status")).decision, look).toBe("allow");
    expect(there.hub.asked.splice(0), look).toHaveLength(1);
    await there.restart();
  }
});

test("rules decide without anybody being asked, and a change of them reaches the gate", async () => {
  await using there = await open();
  there.hub.rules = ["allow Bash git *", "deny Bash rm *"];
  await there.refresh();
  expect(await there.bash("git status")).toEqual({
    decision: "allow",
    reason: "The rule “allow Bash git *” allows it.",
  });
  expect((await there.bash("git status; rm x")).decision).toBe("deny");
  there.hub.rules = ["deny Bash git *"];
  await there.refresh();
  expect((await there.bash("git status")).decision).toBe("deny");
  expect(there.hub.asked).toEqual([]);
});

test("what no rule decides goes to people, and their answer holds", async () => {
  await using there = await open();
  there.hub.decide = ({ tool_input }) =>
    (tool_input as { command: string }).command === "make" ? "allowed" : "denied";
  expect(await there.bash("make")).toEqual({ decision: "allow", reason: "Ada allowed it." });
  expect(await there.bash("make x")).toEqual({ decision: "deny", reason: "Ada denied it." });
  expect(there.hub.asked).toMatchObject([
    { session_id: sessionId, agent: "claude", tool_name: "Bash", cwd: "/repo", reason: "No rule allows it." },
    { tool_input: { command: "make x" } },
  ]);
});

test("while people are asked the session waits, and then no more", async () => {
  await using there = await open();
  const deciding = there.bash("make");
  await waitFor(() => there.asking.length > 0);
  expect(there.asking).toEqual([`${sessionId} Bash: make`]);
  there.hub.decide = () => "allowed";
  expect((await deciding).decision).toBe("allow");
  expect(there.asking).toEqual([]);
});

test.each(["denied", "expired", "cancelled"] as const)("what is %s is not allowed", async (status) => {
  await using there = await open();
  there.hub.decide = () => status;
  expect(await there.bash("make")).toEqual({ decision: "deny", reason: `Ada ${status} it.` });
});

test("whom nobody answers in time is denied, and the question withdrawn", async () => {
  await using there = await open({ decisionLimitMs: 300 });
  expect(await there.bash("make")).toEqual({ decision: "deny", reason: "Nobody decided in time." });
  await waitFor(() => there.hub.withdrawn.length > 0);
  expect(there.hub.asked).toMatchObject([{ timeout_seconds: 1 }]);
});

test("the rules hold while the hub is away, also for the next daemon; what they do not decide is denied", async () => {
  await using there = await open({ decisionLimitMs: 300 });
  there.hub.rules = ["allow Bash git *"];
  await there.refresh();
  await there.stopHub();
  await there.refresh();
  expect((await there.bash("git status")).decision).toBe("allow");
  await there.restart();
  expect((await there.bash("git status")).decision).toBe("allow");
  expect(await there.bash("make")).toEqual({ decision: "deny", reason: "The hub cannot be reached to ask." });
});

test("rules and decisions are nobody else's to read or write, and broken rules are none", async () => {
  await using there = await open();
  there.hub.rules = ["allow Bash"];
  there.hub.decide = () => "denied";
  await there.refresh();
  await there.bash("ls");
  const folder = join(there.stateDir, "permissions");
  const rules = join(folder, `${serverId}.rules.json`);
  expect(statSync(folder).mode & 0o077).toBe(0);
  expect(statSync(rules).mode & 0o077).toBe(0);
  writeFileSync(rules, "[{");
  await there.restart();
  expect((await there.bash("ls")).decision).toBe("deny");
});

test("the hub's refusal to ask is a denial", async () => {
  await using there = await open();
  there.hub.refusing = 404;
  expect(await there.bash("make")).toEqual({ decision: "deny", reason: "The hub refuses to ask: No." });
});

test("a session that is not here may use no tools", async () => {
  await using there = await open();
  expect((await there.use({ command: "ls" }, { session: serverId })).decision).toBe("deny");
});

test("every decision reaches the hub's log, also those that were made while it was away", async () => {
  await using there = await open({ decisionLimitMs: 300 });
  there.hub.rules = ["allow Bash git *"];
  await there.refresh();
  await there.stopHub();
  await there.bash("git status");
  await there.bash(`make ${"x".repeat(100_000)}`);
  await there.restart();
  const again = await there.startHubAgain();
  await there.refresh();
  await waitFor(() => again.hub.logged.length >= 2);
  expect(again.hub.logged).toMatchObject([
    {
      session_id: sessionId,
      tool_name: "Bash",
      tool_input: { command: "git status" },
      decision: "allowed",
      matched_rule_id: ruleOf("", 0).id,
      agent_name: "claude",
    },
    { decision: "denied", tool_input: { cut: true }, reason: "The hub cannot be reached to ask." },
  ]);
  await waitFor(() => !readdirSync(join(there.stateDir, "permissions")).some((name) => name.includes(".sending")));
  await again.stop();
});

test("a decision that cannot be logged is none", async () => {
  await using there = await open();
  there.hub.rules = ["allow Bash"];
  await there.refresh();
  mkdirSync(join(there.stateDir, "permissions", `${serverId}.decisions.jsonl`));
  await expect(there.bash("ls")).rejects.toThrow("the daemon gave no answer");
});

test("a link does not lead out of where a tool may write", async () => {
  await using there = await open();
  there.hub.rules = ["allow Edit src/*", "allow Bash echo *", "allow Write src/*"];
  there.hub.decide = () => "denied";
  await there.refresh();
  const cwd = join(there.stateDir, "repo");
  mkdirSync(join(cwd, "src"), { recursive: true });
  mkdirSync(join(cwd, "secret"));
  symlinkSync("../secret", join(cwd, "src/link"));
  const edit = (file_path: string) => there.use({ file_path }, { tool: "Edit", cwd });
  expect((await edit("src/new")).decision).toBe("allow");
  expect((await edit("src/link/new")).decision).toBe("deny");
  const echo = (command: string) => there.use({ command }, { cwd });
  expect((await echo("echo a > src/new")).decision).toBe("allow");
  expect((await echo("echo a > src/link/new")).decision).toBe("deny");
});
