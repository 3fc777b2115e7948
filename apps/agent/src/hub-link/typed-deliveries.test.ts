import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TypedDeliveries } from "./typed-deliveries.ts";

function testFolder() {
  const path = mkdtempSync(join(tmpdir(), "orc-agent-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test("what was typed is known to the next daemon, with how it came out", () => {
  using folder = testFolder();
  const before = new TypedDeliveries(folder.path);
  before.remember({ id: "a", state: "delivered" });
  before.remember({ id: "b", state: "delivered" });
  before.remember({ id: "b", state: "failed", reason: "it was not taken" });
  const after = new TypedDeliveries(folder.path);
  expect(after.outcome("a")).toEqual({ id: "a", state: "delivered" });
  expect(after.outcome("b")).toEqual({ id: "b", state: "failed", reason: "it was not taken" });
  expect(after.outcome("c")).toBeUndefined();
});

test("the 500 newest are kept", () => {
  using folder = testFolder();
  const typed = new TypedDeliveries(folder.path);
  for (let n = 0; n < 510; n += 1) typed.remember({ id: String(n), state: "delivered" });
  const after = new TypedDeliveries(folder.path);
  expect(["9", "10", "509"].map((id) => after.outcome(id)?.state)).toEqual([undefined, "delivered", "delivered"]);
});
