/** A stream of text by its lines; empty ones are left out. */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let begun: string[] = [];
  for await (const chunk of bytes) {
    const [first = "", ...others] = decoder.decode(chunk, { stream: true }).split("\n");
    begun.push(first);
    for (const other of others) {
      if (begun.some((part) => part !== "")) yield begun.join("");
      begun = [other];
    }
  }
  const last = begun.join("") + decoder.decode();
  if (last !== "") yield last;
}
