import { expect, test } from "vitest";
import { linesOf } from "./lines-of.ts";

const read = async (chunks: Uint8Array[]) => {
  const lines: string[] = [];
  const stream = (async function* () {
    yield* chunks;
  })();
  for await (const line of linesOf(stream)) lines.push(line);
  return lines;
};

test("lines come whole wherever the bytes are cut, and empty ones not at all", async () => {
  const bytes = Buffer.from("é€\n\n😀b\nlast");
  for (let size = 1; size <= bytes.length; size += 1) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    expect([size, await read(chunks)]).toEqual([size, ["é€", "😀b", "last"]]);
  }
  expect(await read([])).toEqual([]);
});
