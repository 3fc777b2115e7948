/**
 * Does the work for each item in turn. One that fails does not hold up those behind it; what failed is thrown when all
 * have had their turn.
 */
export async function eachAlone<T>(items: Iterable<T>, work: (item: T) => Promise<unknown>): Promise<void> {
  const failures: unknown[] = [];
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      failures.push(error);
    }
  }
  throwAll(failures);
}

/** The same of work that is under way already, all of it at once: what failed is thrown when all of it has ended. */
export async function allAlone(works: Iterable<Promise<unknown>>): Promise<void> {
  const ends = await Promise.allSettled(works);
  throwAll(ends.flatMap((end) => (end.status === "rejected" ? [end.reason] : [])));
}

function throwAll(failures: readonly unknown[]): void {
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, `${failures.length} pieces of work failed`);
}
