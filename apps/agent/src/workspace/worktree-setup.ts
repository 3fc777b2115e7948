import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { WorktreeSetup } from "@orchestratia/protocol/workspace";
import { type GitPlace, git, gitText } from "./git.ts";
import { runProgram } from "./program.ts";

const SETUP_FILE = ".orchestratia/setup";
const tailMax = 16_000;
const scriptMaxBytes = 1024 * 1024;

export interface SetupOptions {
  isAllowed: boolean;
  place: GitPlace;
  baseCommit: string;
  /** Of the checkout; the script is kept beside `place`, not in it. */
  folder: string;
  env: Record<string, string>;
  taskId: string;
  limitMs: number;
  signal: AbortSignal;
}

/**
 * Runs the repository's own setup in a new checkout, as the base commit has it: what a task's branch says instead counts
 * only when it is merged. Never rejects for what the script does.
 */
export async function setUp(options: SetupOptions): Promise<WorktreeSetup> {
  const { place, baseCommit, folder, env, limitMs, signal } = options;
  const where = { cwd: folder, place };
  const entry = await gitText(["ls-tree", baseCommit, "--", SETUP_FILE], where);
  if (!/^100(644|755) blob /.test(entry)) return { state: "none", exit_code: null, output: "" };
  if (!options.isAllowed) {
    const why = `${SETUP_FILE} was not run: worktrees.setup in this machine's policy.yaml is not true.`;
    return { state: "not_allowed", exit_code: null, output: why };
  }
  const { stdout } = await git(["cat-file", "blob", `${baseCommit}:${SETUP_FILE}`], {
    ...where,
    maxBytes: scriptMaxBytes,
  });
  const script = join(place.GIT_DIR, "setup");
  await rm(script, { force: true });
  await writeFile(script, stdout, { mode: 0o700 });
  let output = "";
  const onOutput = (_stream: string, text: string) => {
    output = (output + text).slice(-tailMax);
  };
  const hasInterpreter = stdout.subarray(0, 2).toString("latin1") === "#!";
  const [program, args] = hasInterpreter ? [script, []] : ["/bin/sh", [script]];
  const mark = `setup:${options.taskId}`;
  const end = await runProgram(program, args, {
    cwd: folder,
    env,
    mark,
    leavesServices: true,
    limitMs,
    signal,
    onOutput,
  });
  if (end.isLate) output += `\n[orchestratia] It was ended after ${Math.round(limitMs / 1000)} s.\n`;
  return { state: end.exitCode === 0 ? "done" : "failed", exit_code: end.exitCode, output };
}
