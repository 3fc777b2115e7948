const LOWEST = "00000000-0000-0000-0000-000000000000";
const HIGHEST = "ffffffff-ffff-ffff-ffff-ffffffffffff";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Fewer characters would say too little. */
const SHORTEST = 4;

/**
 * The lowest and the highest id that begin with `text`, in any case, so that a prefix is found through the id's index.
 * Undefined when no id can begin so, or when it has fewer than four characters.
 */
export function idRange(text: string): [lowest: string, highest: string] | undefined {
  const start = text.toLowerCase();
  if (start.length < SHORTEST || start.length > LOWEST.length) return undefined;
  const lowest = start + LOWEST.slice(start.length);
  return UUID.test(lowest) ? [lowest, start + HIGHEST.slice(start.length)] : undefined;
}
