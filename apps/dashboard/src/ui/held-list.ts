"use client";
import { useState } from "react";

type Held = { scope: string; ids: readonly string[] };

type Holding<Item> = {
  /** Which of the items the list is about. */
  belongs?: (item: Item) => boolean;
  /** A new scope starts a new list. */
  scope: string;
  /** Also an empty list keeps still, since something stands below it. */
  evenEmpty?: boolean;
};

const everything = () => true;

/**
 * Keeps a list still while it is looked at: the rows that were there when its scope was chosen stay, in their order,
 * whatever becomes of them; what came since is counted in `fresh` until `showFresh`.
 */
export function useHeldList<Item extends { id: string }>(
  all: readonly Item[] | undefined,
  { belongs = everything, scope, evenEmpty = false }: Holding<Item>,
): { rows: Item[]; fresh: number; showFresh: () => void } {
  const [held, setHeld] = useState<Held | null>(null);
  const matching = all?.filter(belongs) ?? [];
  const take = (): Held => ({ scope, ids: matching.map(({ id }) => id) });

  let current = held?.scope === scope ? held : null;
  if (all && (!current || (!evenEmpty && current.ids.length === 0 && matching.length > 0))) {
    current = take();
    setHeld(current);
  }

  const byId = new Map(all?.map((item) => [item.id, item]));
  const shown = new Set(current?.ids);
  return {
    rows: (current?.ids ?? []).flatMap((id) => byId.get(id) ?? []),
    fresh: matching.filter(({ id }) => !shown.has(id)).length,
    showFresh: () => setHeld(take()),
  };
}
