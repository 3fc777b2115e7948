import type { Completion } from "@orchestratia/protocol/tasks";
import type { Command } from "commander";
import type { z } from "zod";
import type { Context } from "./context.ts";
import { gitDiffStats } from "./git-diff-stats.ts";
import { givenValue } from "./given-value.ts";
import { TASK_ARGUMENT } from "./task-argument.ts";

export interface ResultOptions {
  result: string;
  allowPartial?: true;
}

/** The project's verify commands run before the answer comes; who asks again meanwhile waits for the same run. */
export const WHILE_VERIFIED = { timeoutMs: 20 * 60_000 } as const;

/** `complete` and `submit` take the same. */
export const resultOptions = (command: Command): Command =>
  command
    .argument(...TASK_ARGUMENT)
    .requiredOption("--result <json|text>", "JSON where it is JSON, else text; @file reads a file, - standard input")
    .option("--allow-partial", "Settle it although required contracts are missing or invalid");

export async function completionOf(context: Context, options: ResultOptions): Promise<z.input<typeof Completion>> {
  const [result, git_diff_stats] = await Promise.all([
    givenValue(context, options.result),
    gitDiffStats(process.cwd()),
  ]);
  return {
    result,
    ...(git_diff_stats === undefined ? {} : { git_diff_stats }),
    ...(options.allowPartial ? { allow_partial: true } : {}),
  };
}
