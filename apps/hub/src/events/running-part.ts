/** Something that runs in the engine beside the commands: a timer, or what follows from facts. */
export interface RunningPart extends AsyncDisposable {
  /** From rows alone, at start and each 30 s: does whatever should have been done by now. */
  rederive(): Promise<void>;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}
