import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { detectCapabilities } from "../workspace/capabilities.ts";
import { agentCatalog } from "./catalog.ts";
import { detectAgents } from "./detect.ts";

function programs(scripts: Record<string, string>) {
  const path = mkdtempSync(join(tmpdir(), "orc-path-"));
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(path, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test("agents are found on the search path, with the version they tell; one that tells none is found too", async () => {
  using folder = programs({ claude: 'echo "2.1.0 (Claude Code)"; echo more', codex: "exit 1" });
  const custom = [
    { name: "demo", command: ["claude", "--demo"] },
    { name: "gone", command: ["no-such-program"] },
  ];
  const env = { PATH: folder.path, HOME: folder.path, ANTHROPIC_API_KEY: "sk-test" };
  const found = await detectAgents(agentCatalog(custom).values(), env);
  expect(found.filter(({ kind }) => kind !== "shell")).toEqual([
    { name: "claude", kind: "claude", version: "2.1.0 (Claude Code)", logged_in: true },
    { name: "codex", kind: "codex", logged_in: false },
    { name: "demo", kind: "custom" },
  ]);
  expect(found.some(({ name }) => name === "shell")).toBe(true);
});

test("an agent's status: a shell by who is in the foreground, a custom one by its prompt, ours not yet", () => {
  const agents = agentCatalog([
    { name: "demo", command: "demo", prompt: "demo> $" },
    { name: "mute", command: "mute" },
  ]);
  const status = (name: string, prompt_line: string, foreground: boolean | null) =>
    agents.get(name)?.status({ prompt_line, foreground });
  expect(status("shell", "$ ", true)).toBe("idle");
  expect(status("shell", "$ ", false)).toBe("working");
  expect(status("shell", "$ ", null)).toBe("unknown");
  expect(status("demo", "demo> ", false)).toBe("idle");
  expect(status("demo", "demo> half a line", true)).toBe("working");
  expect(status("mute", "> ", true)).toBe("unknown");
  expect(status("claude", "> ", true)).toBe("unknown");
});

test("capabilities are what is on the search path and what is configured", () => {
  using folder = programs({ cargo: "", git: "", docker: "" });
  expect(detectCapabilities(folder.path, { tags: ["gpu"], environments: ["staging"] })).toEqual({
    languages: ["rust"],
    tools: ["cargo", "git", "docker"],
    tags: ["gpu"],
    environments: ["staging"],
  });
});
