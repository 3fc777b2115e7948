import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../db/database.ts";

/**
 * Runs the contenders while another transaction holds what `lock` locked, and lets go only once each of them waits for
 * a lock: the worst interleaving, every time.
 */
export async function raceAt<T>(
  { pool }: Database,
  lock: string,
  contenders: (() => Promise<T>)[],
): Promise<PromiseSettledResult<T>[]> {
  const gate = await pool.connect();
  try {
    await gate.query("begin");
    await gate.query(lock);
    const running = Promise.allSettled(contenders.map((go) => go()));
    // Asked outside the gate's transaction, which would see its first answer for ever.
    const waiting = async () => {
      const { rows } = await pool.query<{ n: number }>(
        "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      return rows[0]?.n ?? 0;
    };
    while ((await waiting()) < contenders.length) await delay(5);
    await gate.query("commit");
    return await running;
  } finally {
    gate.release();
  }
}
