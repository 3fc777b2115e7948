import { useState } from "react";

type Seen<Item> = { scope: string; items: readonly Item[] };

/** What was in a list since its scope was chosen and is in it no more, as it was last seen. */
export function useLeftBehind<Item extends { id: string }>(list: readonly Item[], scope: string): Item[] {
  const [seen, setSeen] = useState<Seen<Item>>({ scope, items: list });
  const before = seen.scope === scope ? seen.items : [];
  const present = new Set(list.map(({ id }) => id));
  const left = before.filter(({ id }) => !present.has(id));
  const known = new Set(before);
  if (seen.scope !== scope || list.some((item) => !known.has(item))) setSeen({ scope, items: [...list, ...left] });
  return left;
}
