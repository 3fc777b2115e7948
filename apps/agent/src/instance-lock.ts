import { rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { makePrivateFolder, privateSocketPath } from "./terminals/session-folder.ts";

export interface InstanceLock {
  release(): void;
}

/**
 * Makes sure that one daemon serves `stateDir`: two would fight over its sessions. The lock is a listening socket, which
 * no crash leaves behind locked. Throws when another daemon holds it.
 */
export async function lockInstance(stateDir: string): Promise<InstanceLock> {
  makePrivateFolder(stateDir);
  const path = privateSocketPath(stateDir, "daemon.sock");
  if (await isListening(path)) throw new Error(`another orchestratia-agent serves ${stateDir}`);
  rmSync(path, { force: true });
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(path, resolve);
  });
  return {
    release() {
      server.close();
      rmSync(path, { force: true });
    },
  };
}

const isListening = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
