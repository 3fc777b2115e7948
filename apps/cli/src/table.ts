import { charactersOf, displayWidth } from "./display-width.ts";

/** How a column gives way when the terminal is narrow: `keep` stays as wide as its text. */
export interface Column {
  readonly title: string;
  readonly gives?: boolean;
  /** Colours a cell after it was fitted. */
  readonly paint?: (cell: string) => string;
}

const GAP = 2;
const NARROWEST = 8;

/**
 * Lines of a table. On a terminal, `columns` wide, the columns that give way are cut with an ellipsis so that each row
 * is one line; elsewhere (`undefined`) every cell is whole.
 */
export function tableLines(
  head: readonly Column[],
  rows: readonly (readonly string[])[],
  columns: number | undefined,
): string[] {
  const cells = [head.map(({ title }) => title.toUpperCase()), ...rows.map((row) => row.map(oneLine))];
  const widths = head.map((_, at) => Math.max(...cells.map((row) => displayWidth(row[at] ?? ""))));
  if (columns !== undefined) shrink(widths, head, columns);
  return cells.map((row, line) => {
    const fitted = row.map((cell, at) => cut(cell, widths[at] ?? 0));
    const last = fitted.findLastIndex((cell) => cell !== "");
    return fitted
      .slice(0, last + 1)
      .map((cell, at) => {
        const painted = (line > 0 && head[at]?.paint?.(cell)) || cell;
        return at === last ? painted : painted + " ".repeat(Math.max(0, (widths[at] ?? 0) - displayWidth(cell)));
      })
      .join(" ".repeat(GAP));
  });
}

/** Takes from the widest that gives way, until the row fits or nothing can give any more. */
function shrink(widths: number[], head: readonly Column[], columns: number): void {
  const total = () => widths.reduce((sum, width) => sum + width, (widths.length - 1) * GAP);
  while (total() > columns) {
    const giving = widths.map((width, at) => (head[at]?.gives && width > NARROWEST ? width : 0));
    const widest = Math.max(...giving);
    if (widest === 0) return;
    widths[giving.indexOf(widest)] = widest - 1;
  }
}

const oneLine = (cell: string): string => cell.replaceAll(/\s+/g, " ").trim();

/** What a reader takes for one character is never halved. */
function cut(cell: string, width: number): string {
  if (displayWidth(cell) <= width) return cell;
  let kept = "";
  let left = width - 1;
  for (const character of charactersOf(cell)) {
    left -= displayWidth(character);
    if (left < 0) break;
    kept += character;
  }
  return `${kept}…`;
}
