import { Problem } from "@orchestratia/protocol/problems";
import type { ChildCursor } from "./queries.ts";

const CURSOR = /^(-?\d{1,10})\.(\d{1,10})$/;

/** What a page of children is continued with, opaque to whoever pages. */
export const textOf = ({ position, number }: ChildCursor): string =>
  Buffer.from(`${position}.${number}`).toString("base64url");

/** Throws `invalid_request` for what no page ended with. */
export function cursorFrom(text: string): ChildCursor {
  const [, position, number] = CURSOR.exec(Buffer.from(text, "base64url").toString()) ?? [];
  if (fits(position) && fits(number)) return { position: Number(position), number: Number(number) };
  throw new Problem("invalid_request", "after is not the next of a page of children.");
}

const fits = (digits: string | undefined): boolean => digits !== undefined && Math.abs(Number(digits)) < 2 ** 31;
