/** What is typed while nobody can be reached; more than that was not meant for a terminal that does not answer. */
export const mostUnsentBytes = 64 * 1024;

/** Input that could not be sent yet, in order: what comes behind something that was refused is refused as well. */
export class UnsentInput {
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #isRefusing = false;

  /** False when it is refused: so much is kept already. */
  keep(piece: Uint8Array): boolean {
    if (this.#isRefusing || this.#bytes + piece.length > mostUnsentBytes) {
      this.#isRefusing = true;
      return false;
    }
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    return true;
  }

  /** What was on its way already, before everything that is kept; it is never refused. */
  putBack(pieces: readonly Uint8Array[]): void {
    this.#pieces.unshift(...pieces);
    this.#bytes += pieces.reduce((sum, { length }) => sum + length, 0);
  }

  /** All of it, to be sent now. */
  take(): Uint8Array[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    this.#isRefusing = false;
    return pieces;
  }
}
