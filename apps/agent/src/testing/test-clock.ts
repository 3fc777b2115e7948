/** A clock whose timers run when the test moves it. */
export function testClock() {
  let now = 5000;
  const timers = new Set<{ due: number; callback: () => void }>();
  return {
    now: () => now,
    after(ms: number, callback: () => void) {
      const timer = { due: now + ms, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms: number) {
      const until = now + ms;
      for (;;) {
        const next = [...timers].sort((left, right) => left.due - right.due)[0];
        if (!next || next.due > until) break;
        timers.delete(next);
        now = next.due;
        next.callback();
      }
      now = until;
    },
  };
}
