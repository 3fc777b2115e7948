export const mostTasks = 1000;

type Limit = { limit: number | null; error?: undefined } | { error: string };

/** How many tasks at once was typed: nothing leaves it to the daemon. */
export function readTaskLimit(text: string): Limit {
  const typed = text.trim();
  if (typed === "") return { limit: null };
  const limit = /^\d+$/.test(typed) ? Number(typed) : Number.NaN;
  if (!(limit <= mostTasks)) return { error: `Enter a whole number from 0 to ${mostTasks}, or nothing.` };
  return { limit };
}
