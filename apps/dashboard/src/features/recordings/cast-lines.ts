/** One event of a recording: what was printed, a size, or a marker. */
export type CastEvent = { at: number; code: string; data: string };
export type CastHeader = { width: number; height: number };

/** Reads an asciicast as it comes in, many lines at a time: first its header, then events. */
export async function* readCast(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<{ header?: CastHeader; events: CastEvent[] }> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let isHeaderRead = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const more = done ? decoder.decode() : decoder.decode(value, { stream: true });
      rest += more;
      // A line may be long: it is not looked through again with each piece of it.
      if (!more.includes("\n") && !done) continue;
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      const header = isHeaderRead ? undefined : lines.shift();
      if (header !== undefined) isHeaderRead = true;
      const events = lines.map(readEvent).filter((event) => event !== undefined);
      if (header !== undefined) yield { header: JSON.parse(header) as CastHeader, events };
      else if (events.length > 0) yield { events };
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function readEvent(line: string): CastEvent | undefined {
  if (line === "") return undefined;
  const [at, code, data] = JSON.parse(line) as [number, string, string];
  return { at, code, data };
}

/** `100x30` as columns and rows. */
export function readSize(data: string): CastHeader | undefined {
  const [, width, height] = /^(\d{1,4})x(\d{1,4})$/.exec(data) ?? [];
  return width === undefined ? undefined : { width: Number(width), height: Number(height) };
}
