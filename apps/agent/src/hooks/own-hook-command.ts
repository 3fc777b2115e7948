import { fileURLToPath } from "node:url";

/** How agents run our hook: the same node with the same flags as the daemon, on the hook's own entry. */
export const ownHookCommand = (): string[] => {
  const entry = new URL(import.meta.url.endsWith(".ts") ? "./main.ts" : "./main.js", import.meta.url);
  return [process.execPath, ...process.execArgv, fileURLToPath(entry)];
};
