import { expect, test } from "vitest";
import { readQuery } from "./search-query.ts";

test.each<[text: string, complete: string, begun: string | null, alternative?: boolean]>([
  ["deploy", "", "deploy"],
  ["deploy ", "deploy ", null],
  ["deploy serv", "deploy ", "serv"],
  ["APP-12", "APP ", "12"],
  ["src/api/user_id.ts", "src api user id ", "ts"],
  ['"exact phrase"', '"exact phrase"', null],
  ['"open phrase', '"open phrase', null],
  ["deploy -stag", "deploy -stag", null],
  ["deploy -", "deploy  ", null],
  ["cats or do", "cats ", "do", true],
  ["cats or", "cats or", null],
  ["größe", "", "größe"],
  ["!!! (&|:*)", "           ", null],
])("%j is read so that no text is wrong", (text, complete, begun, alternative = false) => {
  const { complete: words, ...rest } = readQuery(text);
  expect(words.trim()).toBe(complete.trim());
  const isExact = /"| -s/.test(text);
  expect(rest).toEqual({ begun, alternative, name: isExact ? null : text.trim().toLowerCase() });
});
