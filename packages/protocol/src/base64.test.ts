import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBase64, toBase64 } from "./base64.ts";

test("bytes survive, and look as everybody else writes them", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20_000, size: "max" }), (bytes) => {
      const text = toBase64(bytes);
      expect(text === Buffer.from(bytes).toString("base64")).toBe(true);
      expect(Buffer.compare(fromBase64(text) ?? Buffer.of(), bytes)).toBe(0);
    }),
    { numRuns: 50 },
  );
});

test("what is no base64 gives nothing", () => {
  expect(fromBase64("%%%")).toBeUndefined();
});
