/** Which errors are a limit for each, and whether it says when that ends. Without that it is tried again. */
export const limits: Record<string, { errors: string; isTold: boolean }> = {
  claude: { errors: "429", isTold: false },
  codex: { errors: "429 70", isTold: true },
  gemini: { errors: "429", isTold: false },
  opencode: { errors: "429 90", isTold: true },
};
