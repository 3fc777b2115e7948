import { execFileSync } from "node:child_process";
import { constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";

export const exitPipePath = (folder: string): string => join(folder, "exit.pipe");

/** A named pipe by which a shell says with what status the program ended that it waited for. */
export class ExitPipe {
  readonly #socket: Socket;

  constructor(folder: string, onStatus: (status: number) => void) {
    const path = exitPipePath(folder);
    execFileSync("mkfifo", ["-m", "600", path], { stdio: "ignore" });
    // With a writer of our own it neither waits for the shell nor ends with it.
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    this.#socket = new Socket({ fd, readable: true, writable: false });
    this.#socket.on("error", () => {});
    this.#socket.on("data", (text: Buffer) => onStatus(Number.parseInt(text.toString("latin1"), 10)));
  }

  close(): void {
    this.#socket.destroy();
  }
}
