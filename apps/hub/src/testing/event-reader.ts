import { until } from "./until.ts";

export interface ReadEvent {
  id: number;
  event: string;
  data: { event_type?: string; project_id?: string | null; task_id?: string | null; position: number };
}

/** Reads `/api/v1/events` as a browser's EventSource does. */
export class EventReader implements AsyncDisposable {
  readonly events: ReadEvent[] = [];
  readonly #abort = new AbortController();
  status = 0;
  ended = false;
  #comments = 0;
  #reading: Promise<void> = Promise.resolve();

  static async open(url: string, headers: Record<string, string>, query = ""): Promise<EventReader> {
    const reader = new EventReader();
    const response = await fetch(`${url}/api/v1/events${query}`, { headers, signal: reader.#abort.signal });
    reader.status = response.status;
    if (response.ok && response.body) reader.#reading = reader.#read(response.body);
    else await response.body?.cancel();
    return reader;
  }

  /** The facts, without the mark that the past has been told. */
  get facts(): ReadEvent[] {
    return this.events.filter(({ event }) => event !== "caught_up");
  }

  get comments(): number {
    return this.#comments;
  }

  caughtUp(): Promise<void> {
    return until(() => this.events.some(({ event }) => event === "caught_up"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#reading;
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let text = "";
    try {
      for await (const piece of body) {
        text += decoder.decode(piece, { stream: true });
        const blocks = text.split("\n\n");
        text = blocks.pop() ?? "";
        for (const block of blocks) this.#take(block);
      }
      this.ended = true;
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
  }

  #take(block: string): void {
    if (block === ":") this.#comments += 1;
    const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2)));
    if (fields.data === undefined) return;
    this.events.push({ id: Number(fields.id), event: fields.event, data: JSON.parse(fields.data) });
  }
}
