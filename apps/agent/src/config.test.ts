import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { defaultPaths, readConfig, saveRegistration, sessionBaseEnv } from "./config.ts";
import { machineMemory } from "./limits/memory-size.ts";

function testFolder() {
  const path = mkdtempSync(join(tmpdir(), "orc-config-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

const registration = { hub_url: "http://hub.test", project_id: "p", server_id: "s", name: "n", api_key: "orc_secret" };

test("a file that is not there means the defaults", () => {
  expect(readConfig("/no/such/file.yaml")).toEqual({
    server_name: hostname(),
    backend: "holder",
    max_concurrent: 4,
    max_sessions: cpus().length * 8,
    max_processes_per_session: 512,
    max_memory_per_session: Math.floor(machineMemory() / 2),
    max_memory: Math.floor(machineMemory() * 0.8),
    usage_limit_retry_seconds: 300,
    repos: {},
    agents: [],
    tags: [],
    environments: [],
    registrations: [],
  });
});

test("a registration is added for us alone to read; comments and the rest of the file stay", () => {
  using folder = testFolder();
  const path = join(folder.path, "deeper", "agent.yaml");
  saveRegistration(path, registration);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  writeFileSync(path, `# mine\ntags: [gpu]\nfuture_key: 1\n${readFileSync(path, "utf8")}`);
  chmodSync(path, 0o644);
  saveRegistration(path, { ...registration, server_id: "s2" });
  saveRegistration(path, { ...registration, api_key: "orc_rotated" });
  const text = readFileSync(path, "utf8");
  expect(text).toContain("# mine");
  expect(text).toContain("future_key: 1");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const config = readConfig(path);
  expect(config.tags).toEqual(["gpu"]);
  expect(config.registrations.map(({ server_id, api_key }) => [server_id, api_key])).toEqual([
    ["s2", "orc_secret"],
    ["s", "orc_rotated"],
  ]);
});

test.each([
  ["an agent's prompt that is no pattern", "agents: [{ name: a, command: b, prompt: '(' }]", "regular expression"],
  ["an agent without a command", "agents: [{ name: a }]", "command"],
  ["YAML that is none", "agents: [", "agent.yaml"],
  ["an amount of memory that is none", "max_memory_per_session: much", 'a number of bytes or a size such as "8 GiB"'],
  ["memory in which nothing can run", "max_memory: 2 MiB", "less than 16 MiB"],
  ["what belongs into the policy", "remote: { exec: true }", "said in policy.yaml"],
  ["an agent at its limit that is never left alone", "usage_limit_retry_seconds: 1", "usage_limit_retry_seconds"],
  ["too few processes", "max_processes_per_session: 1", "max_processes_per_session"],
])("%s is refused with a reason", (_name, text, reason) => {
  using folder = testFolder();
  const path = join(folder.path, "agent.yaml");
  writeFileSync(path, text);
  expect(() => readConfig(path)).toThrow(reason);
});

test("ORCHESTRATIA_HOME holds everything of an instance", () => {
  expect(defaultPaths({ ORCHESTRATIA_HOME: "/data/orc" })).toEqual({
    config: "/data/orc/agent/agent.yaml",
    stateDir: "/data/orc/agent",
  });
});

test("sessions inherit the user's environment, not ours or the hub's", () => {
  const env = sessionBaseEnv({
    PATH: "/bin",
    HOME: "/home/me",
    ANTHROPIC_API_KEY: "mine",
    ORCHESTRATIA_API_KEY: "orc_x",
    DATABASE_URL: "postgres://secret",
    NODE_OPTIONS: "--inspect",
    npm_config_registry: "x",
    TMUX: "x",
  });
  expect(env).toEqual({ PATH: "/bin", HOME: "/home/me", LANG: "C.UTF-8", ANTHROPIC_API_KEY: "mine" });
});
