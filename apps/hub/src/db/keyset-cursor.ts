import { Problem } from "@orchestratia/protocol/problems";
import type { z } from "zod";

/** Where a page ended, as an opaque text. */
export const encodeCursor = (values: readonly unknown[]): string =>
  Buffer.from(JSON.stringify(values)).toString("base64url");

/** Throws invalid_request for what is not of this form. */
export function readCursor<T>(cursor: string, form: z.ZodType<T>): T {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    read = undefined;
  }
  const { data, success } = form.safeParse(read);
  if (!success) throw new Problem("invalid_request", "`after` must be the `next` of the page before, asked the same.");
  return data;
}
