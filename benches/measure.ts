/** Milliseconds, monotonic. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor((percent / 100) * sorted.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 50);

/** Runs `task` for each of `count` numbers, `concurrency` at a time; answers how long it took and each one's latency, ms. */
export async function drive(count: number, concurrency: number, task: (n: number) => Promise<unknown>) {
  const latencies: number[] = [];
  let next = 0;
  const begun = now();
  const worker = async () => {
    while (next < count) {
      const n = next++;
      const started = now();
      await task(n);
      latencies.push(now() - started);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const ms = now() - begun;
  return { perSecond: (count / ms) * 1000, p50: percentile(latencies, 50), p99: percentile(latencies, 99) };
}

/** A line of the report: what was measured, the ratio to its baseline, and the goal. */
export function report(what: string, figures: Record<string, string | number>): void {
  const text = Object.entries(figures).map(
    ([name, value]) => `${name} ${typeof value === "number" ? round(value) : value}`,
  );
  console.log(`${what}: ${text.join(" · ")}`);
}

export const round = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

export const option = (name: string, fallback: number): number => {
  const given = process.argv.find((argument) => argument.startsWith(`--${name}=`));
  return given === undefined ? fallback : Number(given.slice(name.length + 3));
};
