import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { waitFor } from "../../testing/wait.ts";
import { PaneOutput } from "./pane-output.ts";

test("what a shell's command reads arrives, then the end, and nothing is left", async () => {
  const folder = mkdtempSync(join(tmpdir(), "orc-agent-"));
  let text = "";
  let isOver = false;
  const output = new PaneOutput(
    folder,
    false,
    (bytes) => {
      text += bytes;
    },
    () => {
      isOver = true;
    },
  );
  const shell = spawn("/bin/sh", ["-c", output.command], { stdio: ["pipe", "ignore", "inherit"] });
  shell.stdin.write("one");
  await waitFor(() => text === "one");
  shell.stdin.end(" two");
  await waitFor(() => isOver);
  expect(text).toBe("one two");
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});

test("a shell's command whose reader is gone ends", async () => {
  const folder = mkdtempSync(join(tmpdir(), "orc-agent-"));
  let isOver = false;
  const output = new PaneOutput(
    folder,
    false,
    () => {},
    () => {
      isOver = true;
    },
  );
  const { command } = output;
  output.close();
  await waitFor(() => isOver);
  // As a killed reader leaves it.
  const path = /'([^']+)'/.exec(command)?.[1] ?? "";
  await once(spawn("mkfifo", [path]), "exit");
  const shell = spawn("/bin/sh", ["-c", command], { stdio: ["pipe", "ignore", "ignore"] });
  await once(shell, "exit");
  shell.stdin.destroy();
  rmSync(folder, { recursive: true });
});
