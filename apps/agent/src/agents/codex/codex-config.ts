import { createHash } from "node:crypto";
import { hookLine } from "../command-hooks.ts";

/** The hooks that we install, each with how long Codex waits for its answer. */
const hookSeconds = {
  SessionStart: 30,
  UserPromptSubmit: 10,
  PreToolUse: 900,
  PermissionRequest: 900,
  PostToolUse: 10,
  Stop: 10,
};

/** Where Codex says that hooks of its command line come from. */
const sessionFlags = "/<session-flags>/config.toml";

const snakeCase = (event: string): string =>
  event.replaceAll(/[A-Z]/g, (letter, at: number) => `${at > 0 ? "_" : ""}${letter.toLowerCase()}`);

/** A value as TOML writes it on one line; a JSON string is a TOML string. */
function toml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toml).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)} = ${toml(member)}`);
  return `{ ${members.join(", ")} }`;
}

/**
 * Our hooks as Codex's own configuration wants them, trusted one by one: it runs no hook whose hash it was not given.
 * (`--dangerously-bypass-hook-trust` would trust every hook, those of a repository somebody else wrote too.)
 */
function hooks(hookCommand: readonly string[]): string {
  const groups: Record<string, unknown> = {};
  const state: Record<string, unknown> = {};
  for (const [event, timeout] of Object.entries(hookSeconds)) {
    const command = hookLine(hookCommand, { agent: "codex", event, judgesTools: event === "PreToolUse" });
    groups[event] = [{ hooks: [{ type: "command", command, timeout }] }];
    // Codex hashes this JSON with its members in the order of the alphabet.
    const identity = { event_name: snakeCase(event), hooks: [{ async: false, command, timeout, type: "command" }] };
    const hash = createHash("sha256").update(JSON.stringify(identity)).digest("hex");
    state[`${sessionFlags}:${snakeCase(event)}:0:0`] = { trusted_hash: `sha256:${hash}` };
  }
  return toml({ ...groups, state });
}

/** What Codex's configuration is in a session on top of the user's own, as arguments. */
export function codexConfig({ hookCommand, contextText }: { hookCommand: readonly string[]; contextText: string }) {
  const settings = {
    hooks: hooks(hookCommand),
    // Its sandbox keeps commands from the network, and with it `orchestratia` from the hub.
    "sandbox_workspace_write.network_access": "true",
    // What looks like a secret is kept from commands, the session's own token too.
    "shell_environment_policy.ignore_default_excludes": "true",
    // A login shell's profile sets the search path anew, without the folder that holds `orchestratia`.
    allow_login_shell: "false",
    check_for_update_on_startup: "false",
    ...(contextText === "" ? {} : { developer_instructions: JSON.stringify(contextText) }),
  };
  return Object.entries(settings).flatMap(([key, value]) => ["--config", `${key}=${value}`]);
}
