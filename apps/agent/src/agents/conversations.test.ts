import { mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Conversations } from "./conversations.ts";

test("a session's conversation is known to the next daemon, its last one; the oldest of too many are forgotten", () => {
  const stateDir = mkdtempSync(join(tmpdir(), "orc-conversations-"));
  const conversations = new Conversations(stateDir);
  conversations.remember("first", { agent: "claude", id: "one" });
  conversations.remember("first", { agent: "claude", id: "two" });
  utimesSync(join(stateDir, "conversations/first"), 0, 1);
  expect(new Conversations(stateDir).of("first")).toEqual({ agent: "claude", id: "two" });
  for (let n = 0; n < 500; n += 1) conversations.remember(`s${n}`, { agent: "codex", id: String(n) });
  expect(conversations.of("first")).toBeUndefined();
  expect(conversations.of("s499")).toEqual({ agent: "codex", id: "499" });
  expect(readdirSync(join(stateDir, "conversations"))).toHaveLength(500);
  rmSync(stateDir, { recursive: true });
});

test("what is no session's id names no file", () => {
  const stateDir = mkdtempSync(join(tmpdir(), "orc-conversations-"));
  const conversations = new Conversations(stateDir);
  conversations.remember("../hooks.key", { agent: "claude", id: "one" });
  expect(readdirSync(stateDir)).toEqual(["conversations"]);
  expect(conversations.of("../conversations")).toBeUndefined();
  rmSync(stateDir, { recursive: true });
});
