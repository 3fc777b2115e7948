/** Every task is named in the same three ways; the hub resolves them. */
export const TASK_ARGUMENT = ["<task>", "Key (DEMO-3), id, or the first 4 or more characters of the id"] as const;
