import { expect, test } from "vitest";
import { exitOf, Listener, testTerminals } from "../../testing/test-terminals.ts";
import { waitFor } from "../../testing/wait.ts";

test("a program that ignores the end and floods a reader that does not follow is ended, and its end is known", async () => {
  await using test = testTerminals();
  const flood = "trap '' HUP; stty raw -echo; exec yes \"$(printf '\\033[5;5Hx\\033[7;9Hy')\"";
  const terminal = await test.start(flood);
  const slow = new Listener(terminal, { isSlow: true });
  await waitFor(() => slow.bytes.length > 0);
  const ends = [-1];
  await waitFor(async () => ends.push((await terminal.look()).end) && ends.at(-1) === ends.at(-2));
  terminal.close();
  const exit = await exitOf(terminal);
  expect(exit).toMatchObject({ code: null, signal: 9 });
  expect(terminal.hasHolder).toBe(true);
});
