import { execFile, execFileSync } from "node:child_process";
import { findExecutable } from "./executable.ts";
import { sessionOption, type TmuxPlace, tmuxLine } from "./holder/tmux-control.ts";
import { privateSocketPath } from "./session-folder.ts";

/** The first whose clients in control mode can do without output. */
const oldestVersion = 3.2;

/** The tmux server of a daemon. Throws with a sentence for people where this machine has no tmux that can be used. */
export function findTmux(stateDir: string, searchPath: string): TmuxPlace {
  const path = findExecutable("tmux", searchPath);
  if (!path)
    throw new Error("backend: tmux needs tmux 3.2 or newer, and there is no tmux on this machine's search path");
  const said = execFileSync(path, ["-V"], { encoding: "utf8" }).trim();
  const version = Number(/\d+\.\d+/.exec(said)?.[0]);
  // What calls itself "next-3.5" or "master" is newer than what counts.
  if (version < oldestVersion) throw new Error(`backend: tmux needs tmux 3.2 or newer, and ${path} is ${said}`);
  return { path, socket: privateSocketPath(stateDir, "tmux.sock") };
}

/** Ends what is left in tmux of a session whose holder was killed. */
export function endTmuxSession(place: TmuxPlace, id: string): void {
  const named = ["list-sessions", "-f", `#{==:#{${sessionOption}},${id}}`, "-F", "#{session_id}"];
  const [path, line] = tmuxLine(place, ...named);
  // No server, no session: then nothing is left.
  execFile(path, line, (error, said) => {
    if (error || said.trim() === "") return;
    const [, end] = tmuxLine(place, "kill-session", "-t", said.trim());
    execFile(path, end, () => {});
  });
}
