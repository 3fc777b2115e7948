import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { mayStart } from "./may-start.ts";
import { policyPath, readPolicy } from "./policy.ts";

const folder = mkdtempSync(join(tmpdir(), "orc-policy-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "policy.yaml");

function policyOf(text: string) {
  writeFileSync(path, text);
  return readPolicy(path);
}

const defaults = {
  sessions: { start: true },
  remote: { exec: false },
  files: { in: true, out: true },
  worktrees: { create: true, setup: false, verify: true },
};

test("no file, or an empty one, means the defaults", () => {
  expect(readPolicy(join(folder, "none.yaml"))).toEqual(defaults);
  expect(policyOf("# nothing\n")).toEqual(defaults);
  expect(policyPath("/etc/orchestratia/agent.yaml")).toBe("/etc/orchestratia/policy.yaml");
});

test("what is said holds, and the rest keeps its default", () => {
  expect(policyOf("files: { out: false }\nsessions:\n  agents: [claude]\n")).toEqual({
    ...defaults,
    files: { in: true, out: false },
    sessions: { start: true, agents: ["claude"] },
  });
});

test.each([
  ["a switch that is misspelt", "files:\n  in: false\n  uot: false\n", 3, "files.uot"],
  ["a section that there is not", "remote: {}\nexec: true\n", 2, "exec"],
  ["a value of another kind", "\n\nremote:\n  exec: maybe\n", 4, "remote.exec"],
  ["a list where a section is to be", "worktrees: [create]\n", 1, "worktrees"],
  ["YAML that is none", "files:\n  in: [\n", 3, "sufficiently indented"],
])("%s is refused with its line", (_, text, line, what) => {
  expect(() => policyOf(text)).toThrow(new RegExp(`policy.yaml.*line ${line}\\b`, "s"));
  expect(() => policyOf(text)).toThrow(what);
});

test("sessions: none at all, only some agents, only some folders, links followed", () => {
  const asked = { agent: "claude", cwd: folder, isCommand: false, always: [] };
  const all = policyOf("").sessions;
  expect(() => mayStart(all, asked)).not.toThrow();
  expect(() => mayStart({ ...all, start: false }, asked)).toThrow("sessions.start in its policy.yaml");
  expect(() => mayStart({ ...all, agents: ["codex"] }, asked)).toThrow("sessions.agents in its policy.yaml");
  expect(() => mayStart({ ...all, agents: ["claude"] }, asked)).not.toThrow();
  expect(() => mayStart({ ...all, agents: ["claude"] }, { ...asked, isCommand: true })).toThrow("command lines");
  symlinkSync("/", join(folder, "out"));
  const within = { ...all, folders: [folder] };
  expect(() => mayStart(within, asked)).not.toThrow();
  for (const cwd of ["/", join(folder, "out"), join(folder, ".."), join(folder, "missing")]) {
    expect(() => mayStart(within, { ...asked, cwd })).toThrow("sessions.folders in its policy.yaml");
  }
  expect(() => mayStart({ ...all, folders: [] }, { ...asked, always: [folder] })).not.toThrow();
});
