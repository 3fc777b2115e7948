/** The part of node-pty that the holder uses. Its own declarations name the package it is an alias of, so they do not apply. */
declare module "node-pty" {
  import type { ReadStream } from "node:tty";

  export interface Pty {
    readonly pid: number;
    /** The master's descriptor. */
    readonly fd: number;
    /** The slave's path. */
    readonly _pty: string;
    readonly _socket: ReadStream;
    onData(listener: (bytes: Buffer) => void): void;
    onExit(listener: (exit: { exitCode: number; signal?: number }) => void): void;
    resize(cols: number, rows: number): void;
    pause(): void;
    resume(): void;
  }

  export function spawn(
    file: string,
    args: string[],
    options: { cwd: string; env: Record<string, string>; cols: number; rows: number; name: string; encoding: null },
  ): Pty;
}
