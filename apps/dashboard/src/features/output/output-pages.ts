import type { TaskOutput } from "@orchestratia/protocol/task-output";

/** Pieces of one page; one may hold a quarter of a million characters. */
const pageLength = 20;

export type PageAt = { after: number; limit: number };
export type OutputPage = { output: readonly TaskOutput[]; next: number | null };

/** The end is what is looked at first. `newest` is the number of the newest piece that is known of. */
export const lastPage = (newest: number): PageAt => ({ after: Math.max(0, newest - pageLength), limit: pageLength });

/** Pieces are numbered without gaps: what stands before a page is as long as its number says. */
export function pageBefore({ after }: PageAt): PageAt | undefined {
  if (after === 0) return undefined;
  const start = Math.max(0, after - pageLength);
  return { after: start, limit: after - start };
}

/** There may always be more at the end: a running program goes on printing. */
export const pageAfter = (page: OutputPage, at: PageAt): PageAt => ({
  after: page.next ?? page.output.at(-1)?.seq ?? at.after,
  limit: pageLength,
});

/** The number of the newest piece that the activity tells of; 0 where it tells of none. */
export const newestPiece = (activity: readonly { event_type: string; details: Record<string, unknown> }[]): number =>
  activity.reduce(
    (newest, { event_type, details }) =>
      event_type === "task.output_added" && typeof details.seq === "number" ? Math.max(newest, details.seq) : newest,
    0,
  );
