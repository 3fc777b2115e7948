const letters: Record<string, string> = {
  claude: "C",
  claude_code: "C",
  gemini: "G",
  gemini_cli: "G",
  codex: "X",
  codex_cli: "X",
  opencode: "O",
  shell: "$",
};

/** The agent as a letter in a rounded square: no vendor's logo. */
export const AgentMark = ({ agent }: { agent: string }) => (
  <span
    title={agent}
    aria-hidden
    className="inline-flex size-5 shrink-0 items-center justify-center rounded-[5px] border border-line-strong/60 bg-sunken font-mono text-xs font-medium"
  >
    {letters[agent] ?? agent.slice(0, 1).toUpperCase()}
  </span>
);
