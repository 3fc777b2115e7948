/** The command line agents that the contract is proven with: the package and version from npm, and its program. */
export const agentPackages = {
  claude: { package: "@anthropic-ai/claude-code", version: "2.1.197", program: "claude" },
  codex: { package: "@openai/codex", version: "0.169.0", program: "codex" },
  opencode: { package: "opencode-ai", version: "1.18.33", program: "opencode" },
  gemini: { package: "@google/gemini-cli", version: "0.61.0", program: "gemini" },
};
