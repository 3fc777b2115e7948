import { expect, test } from "vitest";
import { startFakeHub } from "../testing/fake-hub.ts";
import { sessionStart, startTestDaemon } from "../testing/test-daemon.ts";
import { waitFor } from "../testing/wait.ts";

const piece = "a".repeat(64 * 1024);

test("people are told when what they typed is lost, since the program does not read, or its holder does not", async () => {
  await using hub = await startFakeHub();
  await using daemon = await startTestDaemon(hub.url);
  await hub.linked();
  const start = sessionStart("stty raw -echo; printf ready; exec sleep 1000");
  const id = start.session_id;
  const refused = () => hub.of("session_input_refused", id).length;
  hub.start(start);
  await waitFor(() => hub.output(id).toString() === "ready");
  // 4 MiB wait, and what the kernel has taken.
  for (let n = 0; n < 72; n += 1) hub.type(id, piece);
  await waitFor(() => refused() === 7);
  const holder = daemon.record(id)?.holder_pid ?? 0;
  process.kill(holder, "SIGSTOP");
  try {
    for (let n = 0; n < 80; n += 1) hub.type(id, piece);
    await waitFor(() => refused() > 7);
  } finally {
    process.kill(holder, "SIGCONT");
  }
  expect(hub.mistakes).toEqual([]);
});
