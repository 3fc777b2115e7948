import { expect, test } from "vitest";
import { idRange } from "./id-range.ts";

const ID = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";

test.each([
  ["1b4e", "1b4e0000-0000-0000-0000-000000000000", "1b4effff-ffff-ffff-ffff-ffffffffffff"],
  ["1B4E28BA-", "1b4e28ba-0000-0000-0000-000000000000", "1b4e28ba-ffff-ffff-ffff-ffffffffffff"],
  ["1b4e28ba-2f", "1b4e28ba-2f00-0000-0000-000000000000", "1b4e28ba-2fff-ffff-ffff-ffffffffffff"],
  [ID, ID, ID],
])("%s begins the ids from %s to %s", (text, lowest, highest) => {
  expect(idRange(text)).toEqual([lowest, highest]);
});

test.each(["", "1b4", "1b4g", "1b4e28ba2", "1b4e-28ba", `${ID}0`, "1b4e%", "abc'"])("no id begins with %j", (text) => {
  expect(idRange(text)).toBeUndefined();
});
