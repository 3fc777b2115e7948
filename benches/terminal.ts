/** Somebody's end of a terminal; what is printed comes to `onBytes`, with the offset of its first byte. */
export interface BenchTerminal {
  onBytes: (bytes: Buffer, offset: number) => void;
  /** What was printed before somebody set onBytes. */
  early?: string;
  type(bytes: Buffer): void;
  close(): Promise<void>;
}

/** A way from a program to somebody who looks at it: ours, or a baseline. */
export interface TerminalStage extends AsyncDisposable {
  name: string;
  /** Where viewers connect. */
  port: number;
  /** Who works for it, by what they are. */
  pids: Record<string, number>;
  /** Starts one of the stage's programs and looks at it; `port` is another way to the stage's own. */
  open(program: string, port?: number): Promise<BenchTerminal>;
}

/** Longer than anything that is measured takes: what has not come then does not come. */
const LIMIT_MS = 60_000;

/** Resolves when `isDone` said so of what the terminal printed; rejects when that takes too long. */
export function until(terminal: BenchTerminal, isDone: (bytes: Buffer, offset: number) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error("the terminal did not print what it should")), LIMIT_MS);
    terminal.onBytes = (bytes, offset) => {
      if (!isDone(bytes, offset)) return;
      clearTimeout(limit);
      terminal.onBytes = () => {};
      resolve();
    };
  });
}

/** Resolves when the terminal printed so many bytes more. */
export function printed(terminal: BenchTerminal, count: number): Promise<void> {
  let left = count;
  return until(terminal, (bytes) => {
    left -= bytes.length;
    return left <= 0;
  });
}

/** Resolves when it said READY. */
export function ready(terminal: BenchTerminal): Promise<void> {
  let said = terminal.early ?? "";
  if (said.includes("READY")) return Promise.resolve();
  return until(terminal, (bytes) => {
    said += bytes.toString("latin1");
    return said.includes("READY");
  });
}
