/** A session's terminal, seen from the hub, after each fault on its way: in the daemon's own holder and in tmux. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { testHome } from "../apps/agent/src/testing/test-home.ts";
import { FakeViewer } from "../apps/hub/src/testing/fake-viewer.ts";
import { addPerson } from "../apps/hub/src/testing/matrix-world.ts";
import { startTestHub } from "../apps/hub/src/testing/test-hub.ts";
import { until } from "../apps/hub/src/testing/until.ts";
import { viewerScreen } from "../apps/hub/src/testing/viewer-screen.ts";
import * as people from "../packages/protocol/src/operations/people.ts";
import { captureScrollback } from "../packages/protocol/src/operations/remote.ts";
import type { ServerId } from "../packages/protocol/src/vocabulary.ts";

const plain = { name: "plain", command: "PS1='$ ' exec sh -i" };
/** From the link that is there again to what was typed being seen. */
const INPUT_LIMIT_MS = 2000;

const hasTmux = spawnSync("tmux", ["-V"]).status === 0;

for (const backend of ["holder", "tmux"] as const) {
  test.skipIf(backend === "tmux" && !hasTmux)(
    `in ${backend}: after kill -9 of the daemon, its restart and the hub's the program, screen and scrollback are the same, and input works at once`,
    { timeout: 180_000 },
    async () => {
      const port = await freePort();
      await using hub = await startTestHub({ config: { port } });
      await hub.admin();
      const project = await hub.project();
      const server = await hub.registerServer(project, { name: "box" });
      await using home = testHome();
      mkdirSync(path.dirname(home.configPath), { recursive: true, mode: 0o700 });
      const registration = { hub_url: hub.url, project_id: project.id, server_id: server.id, name: "box" };
      const settings = { registrations: [{ ...registration, api_key: server.key }], agents: [plain], backend };
      writeFileSync(home.configPath, stringify(settings), { mode: 0o600 });
      const params = { project: project.key };
      let daemon = home.run();
      await until(async () => {
        const { servers } = await (await hub.system()).call(people.listServers, { params });
        return servers.some(({ id, reachable, agents }) => id === server.id && reachable && agents.length > 0);
      }, 60_000);
      const body = { server_id: server.id as ServerId, agent: "plain", name: "faulty" };
      const { id } = await (await hub.system()).call(people.createSession, { params, body });
      const isActive = async () => {
        const { sessions } = await (await hub.system()).call(people.listSessions, { params });
        return sessions.some((session) => session.id === id && session.status === "active");
      };
      await until(isActive);
      const token = await addPerson(hub, "viewer", { project: project.id, role: "member" });

      /** Types a line as somebody who has just come, and answers what it printed and how long that took. */
      const answerTo = async (line: string, mark: string) => {
        const since = performance.now();
        await using viewer = await FakeViewer.signedIn(hub.url, token);
        const { number } = await viewer.attach(id, { mode: "drive" });
        viewer.type(number, `${line}\r`);
        await until(() => viewer.output.includes(mark));
        return { text: viewer.output.toString(), tookMs: performance.now() - since };
      };
      /** What somebody sees who has just come, and what is above it. */
      const seen = async () => {
        await using viewer = await FakeViewer.signedIn(hub.url, token);
        await viewer.attach(id, { mode: "watch" });
        await until(() => viewer.terminal.some(({ kind }) => kind === "snapshot") || viewer.output.length > 0);
        const { lines } = await (await hub.system()).call(captureScrollback, { params: { ...params, session: id } });
        return { ...(await viewerScreen(viewer)), lines };
      };
      const pidOf = (text: string) => /pid-(\d+)/.exec(text)?.[1];

      const first = await answerTo(
        `seq 1 100; printf '\\033[31mred\\033[0m\\n'; echo pid-$$; echo 'first'-end`,
        "first-end",
      );
      const pid = pidOf(first.text);
      expect(pid).toBeDefined();

      const faults = {
        "the daemon is killed": async () => {
          daemon.child.kill("SIGKILL");
          await daemon.code;
          await until(async () => !(await isActive()));
          daemon = home.run();
        },
        "the daemon is restarted": async () => {
          daemon.child.kill("SIGTERM");
          await daemon.code;
          await until(async () => !(await isActive()));
          daemon = home.run();
        },
        "the hub is restarted": async () => {
          await hub.stop();
          await hub.start();
        },
      };
      for (const [fault, happens] of Object.entries(faults)) {
        const before = await seen();
        await happens();
        await until(isActive, 60_000);
        const mark = `after-${fault.replaceAll(" ", "-")}`;
        await until(async () => isDeepStrictEqual(await seen(), before)).catch(() => {});
        expect(await seen(), fault).toEqual(before);
        const { text, tookMs } = await answerTo(`echo pid-$$; echo '${mark}'-end`, `${mark}-end`);
        expect(pidOf(text.slice(text.lastIndexOf("echo pid"))), fault).toBe(pid);
        expect(tookMs, fault).toBeLessThan(INPUT_LIMIT_MS);
      }
      expect((await seen()).lines).toContain("100");
    },
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
