import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Agent } from "../agent.ts";
import { opencodeHooks } from "./opencode-hooks.ts";
import { opencodeScreen } from "./opencode-screen.ts";

const contextFile = "opencode-context.md";

/** opencode runs TypeScript as well, so the sources serve as they are. */
const plugin = new URL(import.meta.url.endsWith(".ts") ? "session-plugin.ts" : "session-plugin.js", import.meta.url);

/** opencode, of SST. */
export const opencode: Agent = {
  name: "opencode",
  kind: "opencode",
  command: ["opencode"],
  versionArgs: ["--version"],
  hooks: opencodeHooks,
  screen: opencodeScreen,
  isPasted: true,
  // The first one asks whether it is meant.
  interruptKeys: ["\x1b", "\x1b"],

  isLoggedIn(env) {
    const data = env.XDG_DATA_HOME || join(env.HOME || homedir(), ".local/share");
    return existsSync(join(data, "opencode/auth.json")) ? true : undefined;
  },

  launch({ folder, task, conversation, hookCommand, contextText }) {
    // On top of the user's own configuration; lists are added to.
    const config = {
      plugin: [[plugin.href, { hookCommand }]],
      ...(contextText === "" ? {} : { instructions: [join(folder, contextFile)] }),
      autoupdate: false,
    };
    const resume = conversation === undefined ? [] : ["--session", conversation];
    return {
      command: task === undefined ? ["opencode", ...resume] : ["opencode", "run", ...resume, task],
      env: { OPENCODE_CONFIG_CONTENT: JSON.stringify(config) },
      files: contextText === "" ? {} : { [contextFile]: contextText },
    };
  },

  status: () => "unknown",
};
