import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { folderFiles } from "../session-folder.ts";
import type { Launch } from "./holder.ts";

const startLimitMs = 20_000;

/** How to run the holder: the same node with the same flags as the daemon, on the holder's own entry. */
export const ownHolderCommand = (): string[] => {
  const entry = new URL(import.meta.url.endsWith(".ts") ? "./main.ts" : "./main.js", import.meta.url);
  return [process.execPath, ...process.execArgv, fileURLToPath(entry)];
};

/**
 * Starts a holder that outlives us: a session of its own (no Ctrl-C reaches it), no pipe of ours that it depends on, and
 * an environment without secrets; the program's environment travels on stdin. Throws when the program did not start.
 */
export async function launchHolder(holderCommand: string[], launch: Launch): Promise<void> {
  const [node, ...args] = holderCommand;
  if (node === undefined) throw new Error("no command for the holder");
  const log = openSync(join(launch.folder, folderFiles.log), "a", 0o600);
  const { PATH = "", HOME = "" } = launch.env;
  const child = spawn(node, args, { env: { PATH, HOME }, detached: true, stdio: ["pipe", "pipe", log] });
  closeSync(log);
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error("no pipes to the holder");
  const limit = setTimeout(() => child.kill("SIGKILL"), startLimitMs);
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      let heard = "";
      child.once("error", reject);
      stdin.on("error", reject);
      stdout.on("data", (chunk: Buffer) => {
        heard += chunk.toString("utf8");
        if (heard.endsWith("\n")) resolve(heard);
      });
      child.once("exit", () => resolve(heard || JSON.stringify({ error: "the terminal's holder ended at once" })));
      stdin.end(JSON.stringify(launch));
    });
    const { error } = JSON.parse(answer) as { error?: string };
    if (error !== undefined) throw new Error(error);
  } finally {
    clearTimeout(limit);
    stdout.destroy();
    child.unref();
  }
}
