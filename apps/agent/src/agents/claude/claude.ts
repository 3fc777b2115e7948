import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Agent } from "../agent.ts";
import { hookLine } from "../command-hooks.ts";
import { claudeHookSeconds, claudeHooks } from "./claude-hooks.ts";
import { claudeScreen } from "./claude-screen.ts";

const settingsFile = "claude-settings.json";

/** Anthropic's Claude Code. */
export const claude: Agent = {
  name: "claude",
  kind: "claude",
  command: ["claude"],
  versionArgs: ["--version"],
  hooks: claudeHooks,
  screen: claudeScreen,
  isPasted: true,

  isLoggedIn(env) {
    const keys = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_USE_BEDROCK"];
    if (keys.some((key) => env[key]) || env.CLAUDE_CODE_USE_VERTEX) return true;
    const folder = env.CLAUDE_CONFIG_DIR || join(env.HOME || homedir(), ".claude");
    if (existsSync(join(folder, ".credentials.json"))) return true;
    // On macOS it is in the keychain, which would ask the person at the machine.
    return process.platform === "darwin" ? undefined : false;
  },

  launch({ folder, task, conversation, hookCommand, contextText }) {
    const hook = (event: string, timeout: number) => {
      const command = hookLine(hookCommand, { agent: "claude", event, judgesTools: event === "PreToolUse" });
      return [{ hooks: [{ type: "command", command, timeout }] }];
    };
    const hooks = Object.fromEntries(
      Object.entries(claudeHookSeconds).map(([event, seconds]) => [event, hook(event, seconds)]),
    );
    return {
      command: [
        "claude",
        "--settings",
        join(folder, settingsFile),
        ...(contextText ? ["--append-system-prompt", contextText] : []),
        ...(conversation === undefined ? [] : ["--resume", conversation]),
        ...(task === undefined ? [] : ["--print", task]),
      ],
      env: {},
      files: { [settingsFile]: JSON.stringify({ hooks }, null, 2) },
    };
  },

  status: () => "unknown",
};
