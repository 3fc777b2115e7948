import { setTimeout as sleep } from "node:timers/promises";
import { RefusedError, UnreachableError } from "@orchestratia/client/http";
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

interface DeliveryPatience {
  /** How long a hub that restarts is waited for, without the time that it verified. */
  patienceMs?: number;
  firstPauseMs?: number;
}

const LONGEST_PAUSE_MS = 5000;

/**
 * Sends a result again while the hub restarts, which may take as long as its verify commands ran. The same result of the
 * same worker counts once, however often it comes.
 */
export async function untilTaken<T>(
  send: () => Promise<T>,
  { patienceMs = 60_000, firstPauseMs = 500 }: DeliveryPatience = {},
): Promise<T> {
  let left = patienceMs;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await send();
    } catch (error) {
      if (!isRestarting(error) || left <= 0) throw error;
    }
    left -= pauseMs;
    await sleep(pauseMs);
  }
}

const isRestarting = (error: unknown): boolean =>
  error instanceof UnreachableError || (error instanceof RefusedError && error.status === 503);

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
