import type { Logger } from "pino";
import type { Sql } from "../db/transaction.ts";
import { DueTimer } from "../timers/due-timer.ts";
import { removeExpiredKeys, untilNextKeyExpires } from "./idempotency-keys.ts";

/** Removes the Idempotency-Keys, with the answers to them, that are a day old. */
export const idempotencyExpiry = (sql: Sql, log: Logger): DueTimer =>
  new DueTimer({
    name: "expired Idempotency-Keys",
    log,
    run: () => removeExpiredKeys(sql),
    next: () => untilNextKeyExpires(sql),
  });
