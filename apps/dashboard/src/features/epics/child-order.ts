export type Step = "up" | "down";

/** Where `at` of `count` children comes by one step; undefined at the end of the way. */
function stepTo(at: number, step: Step, count: number): number | undefined {
  const to = step === "up" ? at - 1 : at + 1;
  return at < 0 || to < 0 || to >= count ? undefined : to;
}

/** What the hub is asked for: the neighbour, not the place, so that what others did meanwhile changes nothing. */
export function placeAfterStep<Id extends string>(
  ids: readonly Id[],
  id: Id,
  step: Step,
): { before: Id } | { after: Id } | undefined {
  const at = ids.indexOf(id);
  const to = stepTo(at, step, ids.length);
  const neighbour = to === undefined ? undefined : ids[to];
  if (neighbour === undefined) return undefined;
  return step === "up" ? { before: neighbour } : { after: neighbour };
}

/** The list with one child a step further. */
export function stepped<Item extends { id: string }>(items: readonly Item[], id: Item["id"], step: Step): Item[] {
  const at = items.findIndex((item) => item.id === id);
  const to = stepTo(at, step, items.length);
  const moved = items[at];
  if (to === undefined || !moved) return [...items];
  const rest = items.toSpliced(at, 1);
  return rest.toSpliced(to, 0, moved);
}

/** Alt and an arrow move the child that has the focus. */
export function stepOf({ key, altKey, ctrlKey, metaKey, shiftKey }: KeyPress): Step | undefined {
  if (!altKey || ctrlKey || metaKey || shiftKey) return undefined;
  if (key === "ArrowUp") return "up";
  return key === "ArrowDown" ? "down" : undefined;
}
type KeyPress = Pick<KeyboardEvent, "key" | "altKey" | "ctrlKey" | "metaKey" | "shiftKey">;
