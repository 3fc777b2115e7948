import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Agent } from "../agent.ts";
import { hookLine } from "../command-hooks.ts";
import { geminiHookMs, geminiHooks } from "./gemini-hooks.ts";
import { geminiScreen } from "./gemini-screen.ts";

const settingsFile = "gemini-settings.json";
const policyFile = "gemini-policy.toml";

/**
 * What our hook has judged is not asked for once more; what only a person can answer is. Both stand below every rule of
 * the user's own, since the higher number wins.
 */
const policy = `[[rule]]
toolName = "*"
decision = "allow"
priority = 1
allowRedirection = true

[[rule]]
toolName = ["ask_user", "enter_plan_mode", "exit_plan_mode"]
decision = "ask_user"
priority = 2
`;

const userFolder = (env: Readonly<Record<string, string>>): string =>
  join(env.GEMINI_CLI_HOME || env.HOME || homedir(), ".gemini");

/**
 * Our hooks and the policy that rests on them are named in one file, so that neither holds without the other. It takes
 * the place of the machine's own system settings.
 */
function settings(folder: string, hookCommand: readonly string[], env: Readonly<Record<string, string>>): string {
  const hook = (event: string, timeout: number) => {
    const command = hookLine(hookCommand, { agent: "gemini", event, judgesTools: event === "BeforeTool" });
    return [{ hooks: [{ type: "command", command, timeout }] }];
  };
  const hooks = Object.fromEntries(Object.entries(geminiHookMs).map(([event, ms]) => [event, hook(event, ms)]));
  return JSON.stringify(
    {
      hooks,
      hooksConfig: { enabled: true, notifications: false },
      // Without the second the user's own rules would not be read.
      policyPaths: [
        join(folder, policyFile),
        ...[join(userFolder(env), "policies")].filter((path) => existsSync(path)),
      ],
      general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
    },
    null,
    2,
  );
}

/** Google's Gemini CLI. */
export const gemini: Agent = {
  name: "gemini",
  kind: "gemini",
  command: ["gemini"],
  versionArgs: ["--version"],
  hooks: geminiHooks,
  screen: geminiScreen,
  isPasted: true,

  isLoggedIn(env) {
    if (env.GEMINI_API_KEY || env.GOOGLE_API_KEY || env.GOOGLE_GENAI_USE_VERTEXAI) return true;
    const folder = userFolder(env);
    return existsSync(join(folder, "oauth_creds.json")) || existsSync(join(folder, ".env")) ? true : undefined;
  },

  launch({ folder, env, task, conversation, hookCommand }) {
    return {
      command: [
        "gemini",
        "--skip-trust",
        ...(conversation === undefined ? [] : ["--resume", conversation]),
        ...(task === undefined ? [] : ["--prompt", task]),
      ],
      env: { GEMINI_CLI_SYSTEM_SETTINGS_PATH: join(folder, settingsFile) },
      files: { [settingsFile]: settings(folder, hookCommand, env), [policyFile]: policy },
    };
  },

  status: () => "unknown",
};
