import { setTimeout as sleep } from "node:timers/promises";

/** What `look` finds as soon as it finds something; throws after `limitMs`. */
export async function waitFor<T>(look: () => T | undefined | false | Promise<T | undefined | false>, limitMs = 15_000) {
  for (const since = Date.now(); ; ) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() - since > limitMs) throw new Error(`nothing after ${limitMs} ms: ${look}`);
    await sleep(5);
  }
}
