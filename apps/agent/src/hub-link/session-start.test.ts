import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { agentCatalog } from "../agents/catalog.ts";
import { fakeKey, fakeServer } from "../testing/fake-hub.ts";
import { sessionStart } from "../testing/test-daemon.ts";
import { sessionSpec } from "./session-start.ts";

const context = {
  registration: {
    hub_url: "http://hub.test",
    project_id: fakeServer.project_id,
    server_id: fakeServer.id,
    name: "here",
    api_key: fakeKey,
  },
  agents: agentCatalog([{ name: "demo", command: ["node", "agent.mjs"], cwd: "~/demo" }]),
  baseEnv: { PATH: "/usr/bin", HOME: "/home/me" },
  cliFolder: "/state/bin",
  transfersFolder: "/state/transfers/p",
};
const { command: _, session_token: __, working_directory: ___, ...plain } = sessionStart("");

test("an agent by name brings its command and folder; the CLI comes first on the search path", () => {
  const spec = sessionSpec({ ...plain, name: "api-worker", agent: "demo" }, context);
  expect(spec).toMatchObject({
    name: "api-worker",
    agent: "demo",
    command: ["node", "agent.mjs"],
    cwd: join(homedir(), "demo"),
  });
  expect(spec.env).toMatchObject({ PATH: "/state/bin:/usr/bin", ORCHESTRATIA_TRANSFER_DIR: "/state/transfers/p" });
});

test("a command line wins over the agent's own, and the hub's folder over the agent's", () => {
  const spec = sessionSpec({ ...plain, agent: "demo", command: "a | b", working_directory: tmpdir() }, context);
  expect(spec).toMatchObject({ command: ["/bin/sh", "-c", "a | b"], cwd: tmpdir() });
});

test("an agent that knows how is launched with its hooks, in files of the session's own folder", () => {
  const launch = {
    folder: "/state/sessions/s",
    hookCommand: ["/usr/bin/node", "hook.js"],
    contextText: "You are here.",
  };
  const spec = sessionSpec({ ...plain, agent: "claude" }, { ...context, launch });
  expect(spec.command).toEqual([
    "claude",
    "--settings",
    "/state/sessions/s/claude-settings.json",
    "--append-system-prompt",
    "You are here.",
  ]);
  expect(spec.files?.["claude-settings.json"]).toContain("/usr/bin/node hook.js claude PreToolUse || exit 2");
  const again = { ...launch, conversation: "conv-1" };
  expect(sessionSpec({ ...plain, agent: "codex" }, { ...context, launch: again }).command.slice(-2)).toEqual([
    "resume",
    "conv-1",
  ]);
  expect(sessionSpec({ ...plain, agent: "demo" }, { ...context, launch }).files).toBeUndefined();
  const line = sessionSpec({ ...plain, agent: "claude", command: "claude --mine" }, { ...context, launch });
  expect(line).toMatchObject({ command: ["/bin/sh", "-c", "claude --mine"], files: undefined });
});

test("without a session token there is no key at all, and never the server's", () => {
  const spec = sessionSpec({ ...plain, agent: "claude" }, context);
  expect(spec.env).not.toHaveProperty("ORCHESTRATIA_API_KEY");
  expect(JSON.stringify(spec)).not.toContain(fakeKey);
});

test("an old hub that names no agent gets a shell in the home folder", () => {
  const { agent: ____, ...nameless } = plain;
  expect(sessionSpec(nameless, context)).toMatchObject({ agent: "shell", cwd: homedir() });
});

test("sizes that no terminal has are corrected", () => {
  expect(sessionSpec({ ...plain, agent: "shell", cols: 0, rows: 1_000_000 }, context)).toMatchObject({
    cols: 1,
    rows: 2000,
  });
});
