import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Agent } from "../agent.ts";
import { codexConfig } from "./codex-config.ts";
import { codexHooks } from "./codex-hooks.ts";
import { codexScreen } from "./codex-screen.ts";

/** OpenAI's Codex CLI. */
export const codex: Agent = {
  name: "codex",
  kind: "codex",
  command: ["codex"],
  versionArgs: ["--version"],
  hooks: codexHooks,
  screen: codexScreen,
  isPasted: true,

  isLoggedIn(env) {
    if (env.OPENAI_API_KEY || env.CODEX_API_KEY) return true;
    const home = env.CODEX_HOME || join(env.HOME || homedir(), ".codex");
    if (existsSync(join(home, "auth.json"))) return true;
    // A provider of one's own in config.toml, or the keyring, need no file here.
    return existsSync(join(home, "config.toml")) ? undefined : false;
  },

  launch({ task, conversation, hookCommand, contextText }) {
    const config = codexConfig({ hookCommand, contextText });
    const resume = conversation === undefined ? [] : ["resume", conversation];
    return {
      command:
        task === undefined
          ? ["codex", ...config, ...resume]
          : // Its own choice without a person is to read only.
            ["codex", ...config, "exec", "--sandbox", "workspace-write", "--skip-git-repo-check", ...resume, task],
      env: {},
      files: {},
    };
  },

  status: () => "unknown",
};
