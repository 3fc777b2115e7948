import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { HolderClient } from "@orchestratia/holder-link/holder-client";
import { expect, test } from "vitest";
import { exitOf, Listener, shellSpec, sourceHolderCommand, tsxFlags } from "../testing/test-terminals.ts";
import { waitFor } from "../testing/wait.ts";
import { sessionFolder } from "./session-folder.ts";
import { Terminals } from "./terminals.ts";

const otherHolder = fileURLToPath(new URL("../testing/other-holder.ts", import.meta.url));

for (const version of [1, 2, 99]) {
  test(`a daemon takes over a session of a holder that speaks version ${version}: same program, screen, input, size, end`, async () => {
    const stateDir = mkdtempSync(join(tmpdir(), "orc-agent-"));
    const earlier = new Terminals(stateDir, [process.execPath, ...tsxFlags, otherHolder, String(version)]);
    const script = "stty -echo; echo printed before; echo pid=$$; read a; echo got $a; stty size; read b; exit 6";
    const { id, record } = await earlier.start(shellSpec(script));
    const before = earlier.get(id);
    await waitFor(async () => (await before?.lines("screen"))?.includes(`pid=${record.pid}`));
    earlier[Symbol.dispose]();

    const terminals = new Terminals(stateDir, sourceHolderCommand);
    await terminals.adopt();
    const terminal = terminals.get(id);
    if (!terminal) throw new Error("the session was not taken over");
    expect(terminal.record.pid).toBe(record.pid);
    expect(await terminal.lines("screen")).toEqual(["printed before", `pid=${record.pid}`]);
    const here = await HolderClient.connect(record.socket_path, { onFacts() {}, onExit() {}, onLost() {} });
    expect(here.watch({ onOutput() {}, onSnapshot() {} })).toBe(version > 2);
    here.disconnect();

    const fresh = new Listener(terminal, { from: null });
    await waitFor(() => fresh.snapshots.length === 1);
    const resumed = new Listener(terminal, { from: 9 });
    await waitFor(() => resumed.text() === `efore\r\npid=${record.pid}\r\n`);
    terminal.resize(90, 33);
    terminal.driver("ada");
    terminal.input(Buffer.from("it\n"));
    await waitFor(() => resumed.text().endsWith("got it\r\n33 90\r\n"));
    expect(resumed.gaps).toEqual([]);
    terminal.takeSnapshot();
    await waitFor(() => resumed.snapshots[0]?.text.endsWith("33 90\r\n"));
    expect(resumed.snapshots[0]?.size).toEqual({ cols: 90, rows: 33 });
    terminal.input(Buffer.from("\n"));
    expect(await exitOf(terminal)).toMatchObject({ code: 6, signal: null });
    terminal.collected();
    await waitFor(() => !existsSync(sessionFolder(stateDir, id)));
    rmSync(stateDir, { recursive: true });
  });
}
