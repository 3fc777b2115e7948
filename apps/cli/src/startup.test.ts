import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const src = fileURLToPath(new URL(".", import.meta.url));
const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter(
  (file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.startsWith("testing"),
);

/** Agents start this program many times an hour; these take longer to load than all the rest. */
const SLOW = /^import (?!type ).*from "(zod|yaml|@orchestratia\/protocol\/.*)";$/gm;

test("no command loads zod, yaml or the protocol's schemas just to start", () => {
  const slow = files.flatMap((file) =>
    (readFileSync(src + file, "utf8").match(SLOW) ?? []).map((line) => [file, line]),
  );
  expect(slow).toEqual([
    // Loaded only where the environment leaves something out.
    ["config-file.ts", 'import { parse } from "yaml";'],
    ["config-file.ts", 'import { z } from "zod";'],
  ]);
});
