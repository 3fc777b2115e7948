import { type CastEvent, type CastHeader, readCast, readSize } from "./cast-lines.ts";
import { nextPosition } from "./next-position.ts";

/** What a player draws on; what it is told it does in order. */
export type PlayerScreen = {
  write(bytes: Uint8Array, done: () => void): void;
  clear(): void;
  setSize(cols: number, rows: number): void;
};

export type PlayerState = {
  /** Seconds since the session's start. */
  position: number;
  isPlaying: boolean;
  /** The screen of `position` is still on its way. */
  isLoading: boolean;
  speed: number;
  skipsPauses: boolean;
  /** Who typed; null for nobody, undefined where the recording does not say. */
  driver: string | null | undefined;
  problem: unknown;
};

/** Loaded ahead of what is shown, at most. */
const aheadLength = 4_000_000;
/** Played events that are kept for a short way back. */
const keptLength = 16_000_000;
/** Drawn anew for a step back, instead of being asked for. */
const rewindLength = 2_000_000;
/** Bytes that the screen may have waiting. */
const unwrittenBytes = 4_000_000;
const writeLength = 64 * 1024;

const encoder = new TextEncoder();

/**
 * Plays a recording on a screen. The hub gives any part of it, with what puts the screen right first; what is loaded is
 * played, and a jump to what is not loads from there.
 */
export class CastPlayer {
  readonly #open: (from: number, signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;
  readonly #listeners = new Set<() => void>();
  #screen: PlayerScreen | undefined;
  #state: PlayerState;
  #begins: number;
  #ends: number;
  #abort = new AbortController();
  #header: CastHeader | undefined;
  #events: CastEvent[] = [];
  /** Which of them is drawn next. */
  #next = 0;
  /** What is loaded began here; undefined when its first events are forgotten. */
  #from: number | undefined;
  #isComplete = false;
  #length = 0;
  #playedLength = 0;
  #unwritten = 0;
  #roomForMore: (() => void) | undefined;

  constructor({
    begins,
    ends,
    at = begins,
    open,
  }: {
    begins: number;
    ends: number;
    /** Where it is opened; without it at the beginning. */
    at?: number | undefined;
    open: (from: number, signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;
  }) {
    this.#open = open;
    this.#begins = begins;
    this.#ends = ends;
    this.#state = {
      position: Math.min(Math.max(at, begins), ends),
      isPlaying: false,
      isLoading: true,
      speed: 1,
      skipsPauses: true,
      driver: undefined,
      problem: undefined,
    };
  }

  get state(): PlayerState {
    return this.#state;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Shows the beginning, or where it was sent to. Returns how to stop. */
  show(screen: PlayerScreen): () => void {
    this.#screen = screen;
    void this.#load(this.#state.position);
    return () => {
      this.#screen = undefined;
      this.#abort.abort();
    };
  }

  /** A running session's recording has grown. */
  grow(ends: number): void {
    this.#ends = Math.max(this.#ends, ends);
  }

  set(options: Partial<Pick<PlayerState, "speed" | "skipsPauses">>): void {
    this.#change(options);
  }

  play(): void {
    if (this.#isOver()) this.seek(this.#begins);
    this.#change({ isPlaying: true });
  }

  pause(): void {
    this.#change({ isPlaying: false });
  }

  seek(to: number): void {
    const position = Math.min(Math.max(to, this.#begins), this.#ends);
    if (position >= this.#state.position && (this.#isComplete || position <= this.#until())) {
      this.#change({ position });
      this.#draw();
    } else if (this.#from !== undefined && position >= this.#from && position < this.#state.position) {
      this.#rewind(position);
    } else {
      this.#change({ position });
      void this.#load(position);
    }
  }

  /** To be called with each picture while it plays: so many seconds have passed. */
  tick(seconds: number): void {
    if (!this.#state.isPlaying || this.#state.isLoading || this.#unwritten > unwrittenBytes) return;
    const { position, speed, skipsPauses } = this.#state;
    const reached = nextPosition({
      position,
      seconds: seconds * speed,
      lastAt: this.#events[this.#next - 1]?.at ?? position,
      nextAt: this.#events[this.#next]?.at,
      skipsPauses,
    });
    // What has not come in yet cannot be played.
    this.#change({ position: Math.min(reached, this.#isComplete ? this.#ends : Math.max(position, this.#until())) });
    this.#draw();
    if (this.#isOver()) this.pause();
  }

  #until(): number {
    return this.#events.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
  }

  #isOver(): boolean {
    return this.#isComplete && this.#next === this.#events.length && this.#state.position >= this.#ends;
  }

  #change(changed: Partial<PlayerState>): void {
    this.#state = { ...this.#state, ...changed };
    for (const listener of this.#listeners) listener();
  }

  async #load(from: number): Promise<void> {
    this.#abort.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.#reset();
    this.#events = [];
    this.#length = 0;
    this.#from = from;
    this.#isComplete = false;
    this.#header = undefined;
    this.#change({ isLoading: true, problem: undefined });
    try {
      for await (const { header, events } of readCast(await this.#open(from, abort.signal))) {
        if (abort.signal.aborted) return;
        if (header) {
          this.#header = header;
          this.#screen?.setSize(header.width, header.height);
        }
        for (const event of events) {
          this.#events.push({ ...event, at: event.at + from });
          this.#length += event.data.length;
        }
        // Whatever is at 0 puts the screen right: it is there when the first later event is.
        if (this.#until() > this.#state.position) this.#change({ isLoading: false });
        this.#draw();
        while (this.#length - this.#playedLength > aheadLength && !abort.signal.aborted) {
          this.#change({ isLoading: false });
          await new Promise<void>((resolve) => {
            this.#roomForMore = resolve;
            abort.signal.addEventListener("abort", () => resolve(), { once: true });
          });
        }
      }
      this.#isComplete = true;
      this.#change({ isLoading: false });
    } catch (problem) {
      if (!abort.signal.aborted) this.#change({ problem, isLoading: false, isPlaying: false });
    }
  }

  #rewind(position: number): void {
    const length = this.#events.reduce((sum, { at, data }) => sum + (at <= position ? data.length : 0), 0);
    this.#change({ position });
    if (length > rewindLength) {
      void this.#load(position);
      return;
    }
    this.#reset();
    if (this.#header) this.#screen?.setSize(this.#header.width, this.#header.height);
    this.#draw();
  }

  #reset(): void {
    this.#screen?.clear();
    this.#next = 0;
    this.#playedLength = 0;
    this.#change({ driver: undefined });
  }

  /** Draws what is due. */
  #draw(): void {
    let printed = "";
    for (; ; this.#next += 1) {
      const event = this.#events[this.#next];
      if (!event || event.at > this.#state.position) break;
      this.#playedLength += event.data.length;
      if (event.code === "o") printed += event.data;
      else {
        this.#write(printed);
        printed = "";
        this.#apply(event);
      }
      if (printed.length >= writeLength) {
        this.#write(printed);
        printed = "";
      }
    }
    this.#write(printed);
    this.#forget();
    if (this.#length - this.#playedLength <= aheadLength) this.#roomForMore?.();
  }

  #apply({ code, data }: CastEvent): void {
    const size = code === "r" ? readSize(data) : undefined;
    if (size) this.#screen?.setSize(size.width, size.height);
    const driver = code === "m" ? /^driver: (.+)$/.exec(data)?.[1] : undefined;
    if (driver !== undefined) this.#change({ driver: driver === "nobody" ? null : driver });
    if (code === "m" && data.startsWith("exit: ")) this.#change({ driver: null });
  }

  #write(printed: string): void {
    if (printed === "" || !this.#screen) return;
    const bytes = encoder.encode(printed);
    this.#unwritten += bytes.length;
    this.#screen.write(bytes, () => {
      this.#unwritten -= bytes.length;
    });
  }

  #forget(): void {
    if (this.#playedLength <= keptLength) return;
    this.#events = this.#events.slice(this.#next);
    this.#length -= this.#playedLength;
    this.#next = 0;
    this.#playedLength = 0;
    this.#from = undefined;
  }
}
