import { Problem } from "@orchestratia/protocol/problems";
import { expect, test } from "vitest";
import { etagOf, versionOf } from "./if-match.ts";

test.each([
  ['"7"', 7],
  ['W/"7"', 7],
  [' "12" ', 12],
  ["*", undefined],
  [undefined, undefined],
  [etagOf(3), 3],
])("If-Match %j asks for version %j", (header, version) => {
  expect(versionOf(header)).toBe(version);
});

test.each(["7", '"seven"', '"1", "2"', '"99999999999"', ""])("If-Match %j matches no version", (header) => {
  expect(() => versionOf(header)).toThrow(Problem);
});
