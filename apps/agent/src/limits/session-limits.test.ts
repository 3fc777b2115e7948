import { expect, test } from "vitest";
import { startFakeHub } from "../testing/fake-hub.ts";
import { sessionStart, startTestDaemon } from "../testing/test-daemon.ts";
import { waitFor } from "../testing/wait.ts";
import { readProcesses } from "./process-table.ts";

const node = `'${process.execPath}'`;
/** Takes memory, really: what is only reserved does not count. */
const allocates = (mib: number) =>
  `exec ${node} -e 'globalThis.kept = Buffer.alloc(${mib} * 1024 * 1024, 1); console.log("allocated"); setInterval(() => {}, 1000)'`;
/** As many processes as that, and each has left the terminal. */
const forks = (count: number) =>
  `i=0; while [ $i -lt ${count} ]; do setsid sleep 2001 & i=$((i+1)); done; echo forked; wait`;

async function sleepers(pids: readonly number[]): Promise<number> {
  const left = new Set(pids);
  return (await readProcesses()).filter(({ pid }) => left.has(pid)).length;
}

test("a session with too much memory is ended with a sentence; its neighbour goes on", {
  timeout: 60_000,
}, async () => {
  await using hub = await startFakeHub();
  await using daemon = await startTestDaemon(hub.url, { max_memory_per_session: "100 MiB" });
  await hub.linked();
  const neighbour = sessionStart("read -r line; echo got $line");
  const start = sessionStart(allocates(200));
  hub.start(neighbour);
  hub.start(start);
  const closed = await waitFor(() => hub.of("session_closed", start.session_id)[0], 30_000);
  expect(closed.error).toMatch(
    /^this machine ended the session: it used \d{3}(\.\d)? MiB of memory, max_memory_per_session is 100 MiB$/,
  );
  expect(hub.mistakes).toEqual([]);
  hub.type(neighbour.session_id, "on\n");
  await waitFor(() => hub.output(neighbour.session_id).toString().includes("got on"));
  expect(daemon.logged.join("\n")).toContain("a session used too much");
});

test("a session with too many processes is ended, and every one of them with it", { timeout: 60_000 }, async () => {
  await using hub = await startFakeHub();
  await using daemon = await startTestDaemon(hub.url, { max_processes_per_session: 20 });
  await hub.linked();
  const start = sessionStart(forks(60));
  hub.start(start);
  await waitFor(() => hub.of("session_started", start.session_id)[0]);
  const leader = daemon.record(start.session_id)?.pid ?? 0;
  const born = await waitFor(async () => {
    const children = (await readProcesses()).filter(({ parent }) => parent === leader).map(({ pid }) => pid);
    return children.length >= 20 ? children : undefined;
  });
  const closed = await waitFor(() => hub.of("session_closed", start.session_id)[0], 30_000);
  expect(closed.error).toMatch(
    /^this machine ended the session: it used \d\d processes, max_processes_per_session is 20$/,
  );
  await waitFor(async () => (await sleepers([leader, ...born])) === 0);
});

test("a session near its limit is warned of once and goes on", { timeout: 60_000 }, async () => {
  await using hub = await startFakeHub();
  await using daemon = await startTestDaemon(hub.url, { max_processes_per_session: 20 });
  await hub.linked();
  const start = sessionStart(forks(18));
  hub.start(start);
  const warnings = () => daemon.logged.filter((line) => line.includes("near a limit"));
  await waitFor(() => warnings().length > 0, 30_000);
  hub.type(start.session_id, "x");
  expect(warnings()).toHaveLength(1);
  expect(warnings()[0]).toContain("19 processes, max_processes_per_session is 20");
  expect(hub.of("session_closed", start.session_id)).toEqual([]);
  const warned = await waitFor(() => hub.of("session_warning", start.session_id)[0]);
  expect(warned.text).toBe("near a limit of its machine: it uses 19 processes, max_processes_per_session is 20");
});

test("while all sessions together have too much memory none is started", { timeout: 60_000 }, async () => {
  await using hub = await startFakeHub();
  await using _daemon = await startTestDaemon(hub.url, { max_memory: "150 MiB" });
  await hub.linked();
  const large = sessionStart(allocates(200));
  hub.start(large);
  const refused = await waitFor(() => {
    const next = sessionStart("exit");
    hub.start(next);
    return waitFor(
      () => hub.of("session_error", next.session_id)[0] ?? hub.of("session_closed", next.session_id)[0],
    ).then((frame) => (frame.type === "session_error" ? frame : undefined));
  }, 30_000);
  expect(refused.error).toMatch(
    /^the sessions of this machine use \d{3}(\.\d)? MiB of memory, and its max_memory allows no new one above 150 MiB$/,
  );
  hub.send({ type: "session_close", session_id: large.session_id });
  await waitFor(() => hub.of("session_closed", large.session_id)[0]);
  await waitFor(async () => {
    const next = sessionStart("exit");
    hub.start(next);
    const frame = await waitFor(
      () => hub.of("session_error", next.session_id)[0] ?? hub.of("session_closed", next.session_id)[0],
    );
    return frame.type === "session_closed";
  });
});

test("why a session was ended is told by the next daemon when this one cannot", { timeout: 60_000 }, async () => {
  await using hub = await startFakeHub({ acksEnds: false });
  await using daemon = await startTestDaemon(hub.url, { max_memory_per_session: "100 MiB" });
  await hub.linked();
  const start = sessionStart(allocates(200));
  hub.start(start);
  await waitFor(() => hub.of("session_closed", start.session_id)[0], 30_000);
  hub.forget();
  await daemon.restart();
  const closed = await waitFor(() => hub.of("session_closed", start.session_id)[0]);
  expect(closed.error).toContain("max_memory_per_session is 100 MiB");
});
