import { expect, test } from "vitest";
import { testTerminals } from "../testing/test-terminals.ts";
import { waitFor } from "../testing/wait.ts";
import { readProcesses, sharedOutBytes } from "./process-table.ts";
import { SessionProcesses } from "./session-processes.ts";

test("a session's processes are those of its terminal, those with its mark and what they started; nobody else's", async () => {
  await using here = testTerminals();
  const id = "counted-session";
  const env = { PATH: process.env.PATH ?? "", ORCHESTRATIA_SESSION_ID: id };
  // In the terminal; in a session of its own with the mark; the same without it, whose parent is there.
  const script = `sleep 1001 & setsid sleep 1002 & sh -c 'env -i setsid sh -c "sleep 1003; :" ; :' & wait`;
  const counted = await here.start(script, { id, env });
  const other = await here.start("sleep 1004; :");
  const processes = new SessionProcesses();
  const roots = [counted, other].map((terminal) => ({ id: terminal.id, pid: terminal.record.pid }));
  const found = await waitFor(async () => {
    const now = await processes.find(roots);
    return (now.get(id)?.length ?? 0) >= 6 ? now : undefined;
  });
  // sh, three sleeps, and two shells in between.
  expect(found.get(id)).toHaveLength(6);
  expect(found.get(other.id)?.map(({ pid }) => pid)).toContain(other.record.pid);
  expect(found.get(id)?.every(({ pid }) => pid !== process.pid)).toBe(true);
});

test("whoever left parents, terminal and environment still belongs to it, once it was seen there", async () => {
  await using here = testTerminals();
  const id = "left-session";
  // The inner shell's child has a session of its own; its parent ends when it is told to.
  const script = `sh -c 'setsid sleep 1005 & read -r line </dev/tty' ; read -r line`;
  const terminal = await here.start(script, { id, env: { PATH: process.env.PATH ?? "" } });
  const processes = new SessionProcesses();
  const now = async () => (await processes.find([{ id, pid: terminal.record.pid }])).get(id) ?? [];
  const sleeper = await waitFor(async () =>
    (await now()).find(({ pid, session }) => pid === session && pid !== terminal.record.pid),
  );
  terminal.input(Buffer.from("\n"));
  const isAlone = ({ pid, parent }: { pid: number; parent: number }) =>
    pid === sleeper.pid && parent !== sleeper.parent;
  await waitFor(async () => (await readProcesses()).some(isAlone));
  expect((await now()).map(({ pid }) => pid)).toContain(sleeper.pid);
  process.kill(sleeper.pid);
});

test.runIf(process.platform === "linux")("what processes share counts once for all of them", async () => {
  await using here = testTerminals();
  const copies = 6;
  // Each copy of the shell has the same 40 MB.
  const script = `x=$(head -c 40000000 /dev/zero | tr '\\0' x); for n in $(seq ${copies}); do (while :; do sleep 1006; done) & done; wait`;
  const terminal = await here.start(script);
  const processes = new SessionProcesses();
  const shells = await waitFor(async () => {
    const found = (await processes.find([{ id: terminal.id, pid: terminal.record.pid }])).get(terminal.id) ?? [];
    const large = found.filter(({ residentBytes }) => residentBytes > 38_000_000);
    return large.length === copies + 1 && large;
  });
  const resident = shells.reduce((sum, { residentBytes }) => sum + residentBytes, 0);
  const shared = shells.reduce((sum, { pid }) => sum + (sharedOutBytes(pid) ?? Number.NaN), 0);
  expect(shared).toBeGreaterThan(38_000_000);
  expect(shared).toBeLessThan(resident / 2);
});
