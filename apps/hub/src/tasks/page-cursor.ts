import { Problem } from "@orchestratia/protocol/problems";

/** The number that a page ended with, as an opaque text. */
export const cursorOf = (number: number): string => Buffer.from(`n${number}`).toString("base64url");

/** Throws invalid_request for a text that `cursorOf` did not make. */
export function numberOf(cursor: string): number {
  const number = /^n(\d{1,9})$/.exec(Buffer.from(cursor, "base64url").toString())?.[1];
  if (number === undefined) throw new Problem("invalid_request", "`after` must be the `next` of the page before.");
  return Number(number);
}
