/**
 * What runs a session's program for its holder: a pseudo terminal of our own, or a pane of tmux. Everything else of a
 * session (attaching, catching up, snapshots, recording) is the holder's and the same for both.
 */
export interface SessionProgram {
  /** The process that leads its terminal's session. */
  readonly pid: number;
  /** The program itself. */
  readonly programPid: number;
  /** Whether `pause` makes the program itself wait, for as long as it takes. */
  readonly canWait: boolean;
  pause(): void;
  resume(): void;
  /** False when it is refused, since so much waits to be read already. */
  write(bytes: Buffer): boolean;
  resize(cols: number, rows: number): void;
  /** Sends `signal` to the program and to everything that it started, also when it is gone itself. */
  signal(signal: NodeJS.Signals): void;
  /** Whether nothing runs any more of what it started. */
  isTreeGone(): boolean;
}

export interface ProgramOptions {
  command: string[];
  cwd: string;
  env: Record<string, string>;
  cols: number;
  rows: number;
  onOutput(bytes: Buffer): void;
  /** Called once, after the last byte. Both are null when nobody saw how it ended. */
  onExit(exit: { code: number | null; signal: number | null }): void;
}
