const PIECE_BYTES = 64 * 1024;
/** More is not put into the socket while so much waits there. */
const ROOM_BYTES = 128 * 1024;
const LOOK_MS = 20;

/** Sends what was typed in pieces; a paste waits for room in the socket, and what is typed behind it waits for the paste. */
export class TypedPieces {
  readonly #socket: { readonly buffered: number };
  readonly #send: (bytes: Uint8Array) => void;
  #waiting: Uint8Array[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: { readonly buffered: number }, send: (bytes: Uint8Array) => void) {
    this.#socket = socket;
    this.#send = send;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) this.#waiting.push(bytes.subarray(at, at + PIECE_BYTES));
    if (this.#timer === undefined) this.#sendSome();
  }

  /** Forgets what was not sent. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }

  #sendSome(): void {
    this.#timer = undefined;
    while (this.#waiting[0] && this.#socket.buffered < ROOM_BYTES) {
      const [piece, ...rest] = this.#waiting;
      this.#waiting = rest;
      this.#send(piece);
    }
    // A browser's socket does not say when there is room.
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#sendSome(), LOOK_MS);
  }
}
