import type { Requirements } from "./matching.ts";
import { TASK_PRIORITIES, type TaskPriority } from "./task-lifecycle.ts";

/** A task that waits for a server; `eligibleAt` in epoch milliseconds. */
export type PendingTask = {
  readonly id: string;
  readonly priority: TaskPriority;
  readonly eligibleAt: number;
  readonly requirements: Requirements;
};

/** Waiting this long is worth one level of priority. */
export const AGEING_MS = 30 * 60_000;

/**
 * When the task would have become eligible had it been of low priority: a level of priority is a head start.
 *
 * Ageing by one level per `AGEING_MS` waited adds the same to every task as time goes by, so it never changes who is
 * first and the order needs no clock: a queue sorted by this stays sorted. Nothing starves, since what is created from
 * now on has at most three levels of head start on what waits already.
 */
export function effectiveStart({ priority, eligibleAt }: Pick<PendingTask, "priority" | "eligibleAt">): number {
  return eligibleAt - TASK_PRIORITIES.indexOf(priority) * AGEING_MS;
}

type Ordered = Pick<PendingTask, "id" | "priority" | "eligibleAt">;

/** Which of two tasks is placed first: the earlier effective start, then the higher priority, then the id. A total order. */
export function comparePending(left: Ordered, right: Ordered): number {
  const byStart = effectiveStart(left) - effectiveStart(right);
  if (byStart !== 0) return byStart;
  const byPriority = TASK_PRIORITIES.indexOf(right.priority) - TASK_PRIORITIES.indexOf(left.priority);
  if (byPriority !== 0) return byPriority;
  if (left.id === right.id) return 0;
  return left.id < right.id ? -1 : 1;
}

/** A place in a queue; the queue moves `at` along. */
type Place = { readonly task: PendingTask; readonly start: number; at: number };

/** Pending tasks with the first one at hand: a binary heap that knows where each task is, so any can leave it in O(log n). */
export class PendingQueue {
  readonly #heap: Place[] = [];
  readonly #places = new Map<string, Place>();

  get size(): number {
    return this.#heap.length;
  }

  head(): PendingTask | undefined {
    return this.#heap[0]?.task;
  }

  add(task: PendingTask): void {
    this.remove(task.id);
    const place = { task, start: effectiveStart(task), at: this.#heap.length };
    this.#places.set(task.id, place);
    this.#heap.push(place);
    this.#rise(place);
  }

  remove(id: string): void {
    const place = this.#places.get(id);
    const last = this.#heap.at(-1);
    if (!place || !last) return;
    this.#places.delete(id);
    this.#heap.pop();
    if (last === place) return;
    this.#put(last, place.at);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(place: Place): void {
    while (place.at > 0) {
      const parentAt = (place.at - 1) >> 1;
      const parent = this.#heap[parentAt] as Place;
      if (!precedes(place, parent)) return;
      this.#put(parent, place.at);
      this.#put(place, parentAt);
    }
  }

  #sink(place: Place): void {
    for (;;) {
      const left = this.#heap[2 * place.at + 1];
      const right = this.#heap[2 * place.at + 2];
      const child = left && right && precedes(right, left) ? right : left;
      if (!child || !precedes(child, place)) return;
      const childAt = child.at;
      this.#put(child, place.at);
      this.#put(place, childAt);
    }
  }

  #put(place: Place, at: number): void {
    this.#heap[at] = place;
    place.at = at;
  }
}

function precedes(left: Place, right: Place): boolean {
  return left.start === right.start ? comparePending(left.task, right.task) < 0 : left.start < right.start;
}
