import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { Daemon } from "./daemon.ts";

test("a daemon whose configuration names a backend that the machine does not have says so and does not start", async () => {
  const stateDir = mkdtempSync(join(tmpdir(), "orc-agent-"));
  const configPath = join(stateDir, "agent.yaml");
  const start = () =>
    Daemon.start({ configPath, stateDir, baseEnv: { PATH: stateDir }, log: pino({ level: "silent" }) });
  writeFileSync(configPath, "backend: tmux\n");
  await expect(start()).rejects.toThrow(
    "backend: tmux needs tmux 3.2 or newer, and there is no tmux on this machine's search path",
  );
  writeFileSync(configPath, "backend: screen\n");
  await expect(start()).rejects.toThrow("backend");
  writeFileSync(configPath, "backend: holder\n");
  const daemon = await start();
  await daemon.stop({ closeSessions: true });
  rmSync(stateDir, { recursive: true });
});
