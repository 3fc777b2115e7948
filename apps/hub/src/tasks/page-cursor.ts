import type { TASK_ORDERS } from "@orchestratia/protocol/task-filter";
import { z } from "zod";
import { encodeCursor, readCursor } from "../db/keyset-cursor.ts";

export type TaskOrder = (typeof TASK_ORDERS)[number];

/** Where a page ended: the last task's number, and what else its order goes by. */
export interface PageEnd {
  sort: TaskOrder;
  number: number;
  /** Its priority, or the moment of its last change. */
  by: string | null;
}

const MOST = 2_147_483_647;
const Ends: Record<TaskOrder, z.ZodType<unknown[]>> = {
  newest: z.tuple([z.literal("newest"), z.number().int().min(0).max(MOST)]),
  oldest: z.tuple([z.literal("oldest"), z.number().int().min(0).max(MOST)]),
  priority: z.tuple([
    z.literal("priority"),
    z.number().int().min(0).max(MOST),
    z.enum(["low", "normal", "high", "critical"]),
  ]),
  updated: z.tuple([z.literal("updated"), z.number().int().min(0).max(MOST), z.iso.datetime()]),
};

/** An opaque text. */
export const cursorOf = ({ sort, number, by }: PageEnd): string =>
  encodeCursor(by === null ? [sort, number] : [sort, number, by]);

/** Throws invalid_request for a text that `cursorOf` did not make for a list in this order. */
export function pageEndOf(cursor: string, sort: TaskOrder): PageEnd {
  const [, number, by = null] = readCursor(cursor, Ends[sort]) as [string, number, string?];
  return { sort, number, by };
}
