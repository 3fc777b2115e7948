import { expect, test } from "vitest";
import { AttachKeys } from "./attach-keys.ts";

const read = (...inputs: string[]) => {
  const keys = new AttachKeys();
  return inputs.map((input) => {
    const { typed, wishes } = keys.read(input);
    return wishes.length === 0 ? typed : [typed, ...wishes];
  });
};

test.each([
  ["text passes", ["ls -la\r", "\x1b[A"], ["ls -la\r", "\x1b[A"]],
  ["twice the key detaches", ["\x1d\x1d"], [["", "detach"]]],
  ["also when it comes in two reads", ["a\x1d", "\x1db"], ["a", ["", "detach"]]],
  ["the key and t takes over", ["x\x1dty"], [["xy", "take_over"]]],
  ["the key and r releases", ["\x1d", "r"], ["", ["", "release"]]],
  ["the key and another is typed", ["\x1da", "\x1d", "b"], ["\x1da", "", "\x1db"]],
  ["the key alone waits", ["\x1d"], [""]],
])("%s", (_, inputs, expected) => {
  expect(read(...inputs)).toEqual(expected);
});
