import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { HolderClient } from "@orchestratia/holder-link/holder-client";
import { expect, test } from "vitest";
import { listSegments, recordingFolder, segmentPath } from "../../recording/segment-file.ts";
import { exitOf, Listener, testTerminals } from "../../testing/test-terminals.ts";
import { waitFor } from "../../testing/wait.ts";

test("who watches at the machine sees and types beside the daemon, takes nothing from it and slows nothing down", async () => {
  await using test = testTerminals();
  const terminal = await test.start(
    "stty raw -echo; printf 'a screen'; read a; seq 1 100000; read b; printf done; read c",
  );
  const daemon = new Listener(terminal);
  await waitFor(() => daemon.text() === "a screen");
  const here = await HolderClient.connect(terminal.record.socket_path, { onFacts() {}, onExit() {}, onLost() {} });
  let seen = "";
  let end = 0;
  const snapshots: string[] = [];
  const isWatching = here.watch({
    onOutput(offset, bytes) {
      end = offset + bytes.length;
      seen += bytes.toString();
    },
    onSnapshot(offset, { text }) {
      end = offset;
      snapshots.push(text.toString());
    },
  });
  expect(isWatching).toBe(true);
  await waitFor(() => snapshots.length === 1);
  expect(snapshots).toEqual(["a screen"]);
  here.input(Buffer.from("\n"));
  await waitFor(() => daemon.text().endsWith("\n100000\n"));
  // Nothing was consumed here: one window came, and the rest went by.
  expect(seen.length).toBeLessThanOrEqual(128 * 1024);
  here.consumed(end);
  terminal.input(Buffer.from("\n"));
  await waitFor(() => daemon.text().endsWith("\n100000\ndone"));
  const consumeAll = () => {
    here.consumed(end);
    return seen.endsWith("\n100000\ndone");
  };
  await waitFor(consumeAll);
  expect(`a screen${seen}`).toBe(daemon.text());
  here.disconnect();
  terminal.driver("ada");
  terminal.input(Buffer.from("\n"));
  expect(await exitOf(terminal)).toMatchObject({ code: 0 });
  const folder = recordingFolder(terminal.folder);
  const [segment] = listSegments(folder);
  if (!segment) throw new Error("nothing was recorded");
  const recorded = gunzipSync(readFileSync(segmentPath(folder, segment))).toString();
  expect(recorded.match(/driver: [a-z ]+/g)).toEqual([
    "driver: somebody at the machine",
    "driver: nobody",
    "driver: ada",
  ]);
});
