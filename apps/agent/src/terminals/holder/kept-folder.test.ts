import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sessionsFolder } from "@orchestratia/holder-link/session-record";
import { expect, test } from "vitest";
import { listSegments, recordingFolder } from "../../recording/segment-file.ts";
import { shellSpec, sourceHolderCommand } from "../../testing/test-terminals.ts";
import { sessionFolder } from "../session-folder.ts";
import { Terminals } from "../terminals.ts";
import { Holder } from "./holder.ts";

test("a holder that nobody came to leaves how its program ended, and the recording, to a later daemon", async () => {
  const stateDir = mkdtempSync(join(tmpdir(), "orc-agent-"));
  const { env, ...spec } = shellSpec("until [ -e go ]; do sleep 0.02; done; echo last words; exit 6");
  const folder = sessionFolder(stateDir, spec.id);
  mkdirSync(sessionsFolder(stateDir), { recursive: true, mode: 0o700 });
  mkdirSync(folder, { mode: 0o700 });
  const record = {
    ...spec,
    cwd: folder,
    started_at: new Date().toISOString(),
    socket_path: join(folder, "holder.sock"),
  };
  const holder = new Holder({ folder, env, record }, { keepMs: 1 });
  const ended = holder.ended();
  await holder.open();
  writeFileSync(join(folder, "go"), "");
  await ended;
  expect(existsSync(record.socket_path)).toBe(false);

  const terminals = new Terminals(stateDir, sourceHolderCommand);
  await terminals.adopt();
  const [left] = terminals.all();
  expect(left).toMatchObject({ id: spec.id, hasHolder: false, exit: { code: 6, signal: null } });
  expect(listSegments(recordingFolder(folder))).toHaveLength(1);
  left?.collected();
  expect(existsSync(folder)).toBe(false);
  rmSync(stateDir, { recursive: true });
});
