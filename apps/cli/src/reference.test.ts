import { NewPipeline } from "@orchestratia/protocol/pipelines";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { commandReference, PIPELINE_FILE } from "./testing/reference.ts";
import { wholeProgram } from "./testing/whole-program.ts";

test("docs/cli.md says what the commands say; after a change: pnpm vitest run apps/cli/src/reference.test.ts -u", async () => {
  const reference = await commandReference(await wholeProgram());
  await expect(reference).toMatchFileSnapshot("../../../docs/cli.md");
});

test("the pipeline file on that page is one that the hub takes", () => {
  expect(NewPipeline.parse(parse(PIPELINE_FILE)).tasks).toHaveLength(6);
});
