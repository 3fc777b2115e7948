import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { exitOf, Listener, testTerminals } from "../../testing/test-terminals.ts";
import { waitFor } from "../../testing/wait.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

test("a program that prints what it reads takes a paste of any size, and hears the keys behind it", async () => {
  await using here = testTerminals();
  const terminal = await here.start("stty -echo raw; echo ready; exec cat");
  const heard = new Listener(terminal);
  await waitFor(() => heard.text().includes("ready"));
  const before = heard.end;
  const pasted = Buffer.from(Array.from({ length: 60_000 }, (_, n) => `${n} naïve €`).join("\r"));
  for (let at = 0; at < pasted.length; at += 64 * 1024) terminal.input(pasted.subarray(at, at + 64 * 1024));
  terminal.input(Buffer.from("end"));
  await waitFor(() => heard.end - before === pasted.length + 3);
  expect(sha256(heard.bytes.subarray(before))).toBe(sha256(Buffer.concat([pasted, Buffer.from("end")])));
});

test("who does not read what is typed can still be seen, and closed", async () => {
  await using here = testTerminals();
  const terminal = await here.start("stty -echo raw; echo ready; sleep 600");
  const heard = new Listener(terminal);
  await waitFor(() => heard.text().includes("ready"));
  terminal.input(Buffer.alloc(500_000, "a"));
  expect(await terminal.lines("screen")).toContain("ready");
  terminal.close();
  await exitOf(terminal);
});
