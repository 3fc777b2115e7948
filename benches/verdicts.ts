import { round } from "./measure.ts";

/** A bound of a figure. */
interface Goal {
  most?: number;
  least?: number;
}

/** What was measured, beside what it should be. */
export class Verdicts {
  readonly #rows: string[][] = [];

  add(what: string, figure: number, goal: Goal = {}): void {
    const { most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY } = goal;
    const bound = goal.most !== undefined ? `<= ${goal.most}` : goal.least !== undefined ? `>= ${goal.least}` : "";
    const isMet = figure <= most && figure >= least;
    this.#rows.push([what, figure === 0 ? "0" : round(figure), bound, bound === "" ? "" : isMet ? "met" : "MISSED"]);
  }

  print(title: string): void {
    const rows = [[title, "figure", "goal", ""], ...this.#rows];
    const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    for (const row of rows)
      console.log(
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd(),
      );
    console.log();
  }
}
