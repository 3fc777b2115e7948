import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { expect, test } from "vitest";
import type { AgentHooks } from "../agents/agent-hooks.ts";
import type { HookEvent, ToolDecision } from "../agents/hook-event.ts";
import { tsxFlags } from "../testing/test-terminals.ts";
import { waitFor } from "../testing/wait.ts";
import type { ToolGate } from "./hook-listener.ts";
import { HookServer } from "./hook-server.ts";
import { knownHooks } from "./known-hooks.ts";

const hookCommand = [process.execPath, ...tsxFlags, fileURLToPath(new URL("./main.ts", import.meta.url))];
const sessionId = "11111111-1111-4111-8111-111111111111";
const toolUse = { session_id: "c", cwd: "/repo", tool_name: "Bash", tool_input: { command: "ls" } };

interface Ran {
  stdout: string;
  stderr: string;
  code: number | null;
}

interface HookRun {
  args?: string[];
  input?: string | Buffer;
  env?: Record<string, string>;
  kill?: () => Promise<unknown>;
}

/** Runs the hook as an agent does. */
async function runHook({ args = ["claude", "PreToolUse"], input = JSON.stringify(toolUse), env = {}, kill }: HookRun) {
  const [node = "", ...flags] = hookCommand;
  const child = spawn(node, [...flags, ...args], { env: { PATH: process.env.PATH ?? "", ...env } });
  const ran: Ran = { stdout: "", stderr: "", code: null };
  child.stdout.on("data", (chunk) => {
    ran.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    ran.stderr += chunk;
  });
  // It may refuse before it has read everything.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  if (kill) {
    await kill();
    child.kill("SIGTERM");
  }
  await ended;
  ran.code = child.exitCode;
  return ran;
}

/** What Claude Code reads from the hook's answer. */
const decisionOf = ({ stdout }: Ran): { permissionDecision?: string; permissionDecisionReason?: string } =>
  stdout === "" ? {} : JSON.parse(stdout).hookSpecificOutput;

/** An agent that reads its context through its hook. */
const readerHooks: AgentHooks = {
  canAsk: false,
  read: () => [{ kind: "conversation", id: "c" }, { kind: "context" }],
  answerTool: () => ({ stdout: "", exitCode: 2 }),
  answerContext: (event, text) => ({ stdout: `${event}: ${text}`, exitCode: 0 }),
};

async function startServer(decide: (event: unknown, asker: AbortSignal) => Promise<ToolDecision>) {
  const stateDir = mkdtempSync(join(tmpdir(), "orc-hooks-"));
  const events: HookEvent[] = [];
  const asked: unknown[] = [];
  const gate: ToolGate = {
    decide(session, agent, event, asker) {
      asked.push({ session, agent, ...event });
      return decide(event, asker);
    },
  };
  const listener = {
    onEvent: (_: string, event: HookEvent) => void events.push(event),
    onAsking: () => () => {},
    contextOf: (session: string) => `You work in ${session}.`,
  };
  const hooksOf = (agent: string) => (agent === "reader" ? readerHooks : knownHooks(agent));
  const server = new HookServer({ stateDir, listener, gate, hooksOf, log: pino({ level: "silent" }) });
  await server.start();
  return {
    stateDir,
    server,
    events,
    asked,
    gate,
    listener,
    env: server.envFor(sessionId),
    async [Symbol.asyncDispose]() {
      await server.stop();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

const allowed = async (): Promise<ToolDecision> => ({ decision: "allow", reason: "A rule." });

test("the hook tells the daemon what is to be done and hands its answer to the agent", async () => {
  await using running = await startServer(allowed);
  const ran = await runHook({ env: running.env });
  expect(decisionOf(ran)).toMatchObject({ permissionDecision: "allow", permissionDecisionReason: "A rule." });
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  expect(running.asked).toEqual([
    { session: sessionId, agent: "claude", kind: "tool", tool: "Bash", input: { command: "ls" }, cwd: "/repo" },
  ]);
  expect(running.events.map(({ kind }) => kind)).toEqual(["status", "tool"]);
});

test("nothing that a tool is given becomes code, and large inputs are judged like small ones", async () => {
  await using running = await startServer(allowed);
  const command = `'''"""; $(touch x) \`touch x\` \${x} \\" \n # ${"x".repeat(1_000_000)}`;
  const ran = await runHook({ env: running.env, input: JSON.stringify({ ...toolUse, tool_input: { command } }) });
  expect(decisionOf(ran)).toMatchObject({ permissionDecision: "allow" });
  expect(running.asked).toMatchObject([{ input: { command } }]);
});

test("the agent reads the session's context at its start, and needs no answer elsewhere", async () => {
  await using running = await startServer(allowed);
  const started = await runHook({ args: ["reader", "SessionStart"], env: running.env });
  expect(started.stdout).toBe(`SessionStart: You work in ${sessionId}.\n`);
  expect(running.events).toEqual([{ kind: "conversation", id: "c" }, { kind: "context" }]);
  expect(await runHook({ args: ["claude", "Stop"], input: "{}", env: running.env })).toEqual({
    stdout: "",
    stderr: "",
    code: 0,
  });
});

test("a session is known to the next daemon, and a made-up secret to none", async () => {
  await using running = await startServer(allowed);
  await running.server.stop();
  const { stateDir, gate, listener, env } = running;
  const next = new HookServer({ stateDir, listener, gate, log: pino({ level: "silent" }) });
  await next.start();
  try {
    expect(next.envFor(sessionId)).toEqual(env);
    expect(decisionOf(await runHook({ env }))).toMatchObject({ permissionDecision: "allow" });
    const [secret = ""] = Object.entries(env).flatMap(([name, value]) => (name.endsWith("SECRET") ? [value] : []));
    const other = { ...env, ORCHESTRATIA_HOOK_SECRET: secret.replace(/^1/, "2") };
    expect(decisionOf(await runHook({ env: other }))).toMatchObject({
      permissionDecision: "deny",
      permissionDecisionReason: "Orchestratia does not know this session.",
    });
  } finally {
    await next.stop();
  }
});

test("nobody else can reach the socket or read the key", async () => {
  await using running = await startServer(allowed);
  expect(statSync(running.stateDir).mode & 0o077).toBe(0);
  for (const file of ["hooks.key", "hooks.sock"]) {
    expect(statSync(join(running.stateDir, file)).mode & 0o077).toBe(0);
  }
});

const deadEnv = { ORCHESTRATIA_HOOK_SOCKET: "/nonexistent/hooks.sock", ORCHESTRATIA_HOOK_SECRET: "x.y" };

test.each<[what: string, run: HookRun, reason: RegExp]>([
  ["no daemon is named", {}, /has no daemon/],
  ["the daemon is away", { env: deadEnv }, /cannot be reached \(ENOENT\)/],
  ["the input is no JSON", { env: deadEnv, input: "{'''" }, /not JSON/],
  ["the input is empty", { env: deadEnv, input: "" }, /not JSON/],
  ["the input is too large", { env: deadEnv, input: Buffer.alloc(8 * 1024 * 1024 + 1, 32) }, /larger than 8 MiB/],
])("a tool is refused when %s", async (_, run, reason) => {
  const ran = await runHook(run);
  expect(decisionOf(ran).permissionDecision).toBe("deny");
  expect(decisionOf(ran).permissionDecisionReason).toMatch(reason);
  expect(ran.stderr).toMatch(reason);
});

test("an agent that nobody knows is refused by the exit code", async () => {
  expect((await runHook({ args: ["unknown", "PreToolUse"] })).code).toBe(2);
  expect((await runHook({ args: [] })).code).toBe(2);
  await using running = await startServer(allowed);
  expect((await runHook({ args: ["unknown", "PreToolUse"], env: running.env })).code).toBe(2);
});

test("when the daemon is away an agent is not kept from anything but tools", async () => {
  expect(await runHook({ args: ["claude", "Stop"], env: deadEnv })).toMatchObject({ stdout: "", code: 0 });
});

test("a tool that the agent describes in no known way is refused", async () => {
  await using running = await startServer(allowed);
  const ran = await runHook({ env: running.env, input: JSON.stringify({ tool_name: 7 }) });
  expect(decisionOf(ran).permissionDecision).toBe("deny");
  expect(running.asked).toEqual([]);
});

test("a tool is refused when the decision fails, when the daemon stops meanwhile, and when the hook is stopped", async () => {
  await using failing = await startServer(() => Promise.reject(new Error("planted")));
  expect(decisionOf(await runHook({ env: failing.env }))).toMatchObject({ permissionDecision: "deny" });

  await using hanging = await startServer(() => new Promise(() => {}));
  const waiting = runHook({ env: hanging.env });
  await waitFor(() => hanging.asked.length > 0);
  await hanging.server.stop();
  expect(decisionOf(await waiting)).toMatchObject({ permissionDecision: "deny" });

  let isGivenUp = false;
  await using asking = await startServer((_, asker) => {
    asker.addEventListener("abort", () => {
      isGivenUp = true;
    });
    return new Promise(() => {});
  });
  const stopped = await runHook({ env: asking.env, kill: () => waitFor(() => asking.asked.length > 0) });
  expect(decisionOf(stopped)).toMatchObject({ permissionDecision: "deny" });
  await waitFor(() => isGivenUp);
});

test("an answer that is not the daemon's is none", async () => {
  const folder = mkdtempSync(join(tmpdir(), "orc-hooks-"));
  const path = join(folder, "s");
  const server = createServer((socket) => socket.resume().end('{"stdout": 1}\n'));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const ran = await runHook({ env: { ...deadEnv, ORCHESTRATIA_HOOK_SOCKET: path } });
  expect(decisionOf(ran)).toMatchObject({ permissionDecision: "deny" });
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});
