/** What was found follows a moment within about so many seconds: the screen is shown when it is there. */
const followsWithin = 1;

/** Where a moment of a search is to be seen, in seconds since the session's start. */
export const momentPosition = (at: number): number => at + followsWithin;

/** A session's recording; at a position, and with words to look for in it. */
export function recordingAddress(session: string, { at, words }: { at?: number; words?: string } = {}): string {
  const query = new URLSearchParams();
  if (at !== undefined) query.set("at", String(Math.round(at * 1000) / 1000));
  if (words) query.set("q", words);
  return `/sessions/${session}/recording${query.size > 0 ? `?${query}` : ""}`;
}

/** The position that an address names; undefined where it names none. */
export function readPosition(at: string | undefined): number | undefined {
  const seconds = Number(at);
  return at?.trim() && Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}
