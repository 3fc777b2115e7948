import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** What each agent's user has set up: who serves the model, and that he has been through the first run of it. */
const homes: Record<string, (llm: string) => { env: Record<string, string>; files: Record<string, string> }> = {
  claude: (llm) => ({
    env: {
      ANTHROPIC_BASE_URL: llm,
      ANTHROPIC_API_KEY: "test",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
      // Else it tries again for minutes.
      CLAUDE_CODE_MAX_RETRIES: "2",
    },
    // Without it the first start asks for a theme and an account, and calls its maker's servers.
    files: { ".claude.json": JSON.stringify({ hasCompletedOnboarding: true }) },
  }),
  codex: (llm) => ({
    env: { FAKE_KEY: "test" },
    files: {
      ".codex/config.toml": [
        'model = "fake-model"',
        'model_provider = "fake"',
        "[model_providers.fake]",
        'name = "fake"',
        `base_url = "${llm}/v1"`,
        'wire_api = "responses"',
        'env_key = "FAKE_KEY"',
        "",
      ].join("\n"),
    },
  }),
  gemini: (llm) => ({
    env: { GEMINI_API_KEY: "test", GOOGLE_GEMINI_BASE_URL: llm },
    files: {
      ".gemini/settings.json": JSON.stringify({
        security: { auth: { selectedType: "gemini-api-key" }, folderTrust: { enabled: true } },
        general: { enableAutoUpdate: false },
        privacy: { usageStatisticsEnabled: false },
        model: { name: "gemini-2.5-flash" },
      }),
      // What the user wants to be asked about stands above our policy.
      ".gemini/policies/own.toml":
        '[[rule]]\ntoolName = "run_shell_command"\ncommandPrefix = "touch own.txt"\ndecision = "ask_user"\npriority = 900\n',
    },
  }),
  opencode: (llm) => ({
    env: { OPENCODE_DISABLE_AUTOUPDATE: "1", OPENCODE_DISABLE_MODELS_FETCH: "1", OPENCODE_DISABLE_LSP_DOWNLOAD: "1" },
    files: {
      ".config/opencode/opencode.json": JSON.stringify({
        autoupdate: false,
        share: "disabled",
        permission: { bash: "ask" },
        model: "fake/fake-model",
        small_model: "fake/fake-model",
        provider: {
          fake: {
            npm: "@ai-sdk/openai-compatible",
            name: "Fake",
            options: { baseURL: `${llm}/v1`, apiKey: "test" },
            models: { "fake-model": { name: "Fake", limit: { context: 100_000, output: 8000 } } },
          },
        },
      }),
    },
  }),
};

/** A home and a repository in which one agent was never run. Outside of /tmp, where Codex refuses to live. */
export function sandbox(agent: string, llm: string, bin: string) {
  const parent = join(homedir(), ".cache/orchestratia/agents-test");
  mkdirSync(parent, { recursive: true });
  const root = mkdtempSync(join(parent, `${agent}-`));
  const home = join(root, "home");
  const work = join(root, "work");
  const session = join(root, "session");
  const { env, files } = homes[agent]?.(llm) ?? { env: {}, files: {} };
  for (const [path, contents] of Object.entries({ ...files, ".keep": "" })) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), contents);
  }
  mkdirSync(session);
  execFileSync("git", ["init", "--quiet", work]);
  return {
    root,
    work,
    session,
    env: {
      HOME: home,
      PATH: `${bin}:${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      LANG: "C.UTF-8",
      SHELL: "/bin/bash",
      TERM: "xterm-256color",
      COLORTERM: "truecolor",
      ...env,
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true, maxRetries: 3 }),
  };
}
