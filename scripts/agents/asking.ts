interface AskingTool {
  tool: string;
  /** What its question has besides the words and the options. */
  more: object;
}

/** With what each agent asks people something. Codex has a tool for that in its planning mode only. */
export const askingTools: Record<string, AskingTool> = {
  claude: { tool: "AskUserQuestion", more: { multiSelect: false } },
  gemini: { tool: "ask_user", more: { type: "choice" } },
  opencode: { tool: "question", more: {} },
};

export function databaseQuestion(asking: AskingTool | undefined) {
  const options = ["Postgres", "SQLite"].map((label) => ({ label, description: `It is ${label}` }));
  return { questions: [{ question: "Which database?", header: "Database", ...asking?.more, options }] };
}
