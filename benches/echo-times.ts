import { setTimeout as delay } from "node:timers/promises";
import { now } from "./measure.ts";
import { type BenchTerminal, printed } from "./terminal.ts";

/** ms from a typed byte to its echo, `count` times, with `everyMs`, or a few, between them. */
export async function echoTimes(terminal: BenchTerminal, count: number, everyMs?: number): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const begun = now();
    const echoed = printed(terminal, 1);
    terminal.type(Buffer.from("a"));
    await echoed;
    times.push(now() - begun);
    await delay(everyMs ?? 1 + (n % 3));
  }
  return times;
}
