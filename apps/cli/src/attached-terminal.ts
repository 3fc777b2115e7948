import type { ReadStream, WriteStream } from "node:tty";
import { withoutDeviceReplies } from "@orchestratia/client/device-replies";
import { AttachKeys, type AttachWish } from "./attach-keys.ts";
import { CommandError } from "./command-error.ts";
import { printable } from "./printable.ts";

export interface Size {
  cols: number;
  rows: number;
}

/** What a session's terminal tells. */
export interface AttachEvents {
  onAttached(): void;
  /** `done` is called when the bytes are on screen. */
  onOutput(bytes: Uint8Array, done: () => void): void;
  /** What repaints an empty screen. */
  onSnapshot(text: string | Uint8Array, done: () => void): void;
  /** What comes next does not continue what is shown. */
  onStartOver(): void;
  /** Whether this terminal's keys arrive, and what to say of who types. */
  onDriver(drives: boolean, words: string): void;
  onLinkCut(): void;
  onProblem(detail: string): void;
  onClosed(exitCode: number | null): void;
}

/** A session's terminal, through the hub or on this machine. */
export interface Attachment {
  type(bytes: Uint8Array): void;
  resize(size: Size): void;
  takeOver(): void;
  release(): void;
  /** Nothing is told afterwards. */
  close(): void;
}

export interface AttachOptions {
  name: string;
  mode: "watch" | "drive";
  input: ReadStream;
  output: WriteStream;
  attach(events: AttachEvents, size: Size): Attachment;
}

/** How it ended: the person left, or the session did. */
export type AttachEnd = { kind: "detached" } | { kind: "closed"; exitCode: number | null };

/** Modes that a program may have set: soft reset, main screen, no mouse and no bracketed paste, cursor shown. */
const PLAIN = "\x1b[!p\x1b[?1049l\x1b[?1000;1002;1003;1004;1006;2004l\x1b[?25h\x1b[r\x1b[m";
const EMPTY = `${PLAIN}\x1b[H\x1b[2J`;
const KEEP_TITLE = "\x1b[22;2t";
const GIVE_TITLE_BACK = "\x1b[23;2t";

/** A session's terminal in this one, until somebody detaches or the session ends. */
export async function attachTerminal(options: AttachOptions): Promise<AttachEnd> {
  const { input, output } = options;
  input.setRawMode(true);
  output.write(KEEP_TITLE + EMPTY);
  try {
    return await attached(options);
  } finally {
    input.setRawMode(false);
    input.pause();
    output.write(`${PLAIN}\x1b[999;1H\r\n${GIVE_TITLE_BACK}`);
  }
}

function attached({ name, mode, input, output, attach }: AttachOptions): Promise<AttachEnd> {
  const size = () => ({ cols: output.columns || 80, rows: output.rows || 24 });
  const title = (text: string) => output.write(`\x1b]2;${printable(`${name}: ${text}`)}\x07`);
  const keys = new AttachKeys();
  let drives = false;

  return new Promise((resolve, reject) => {
    let isAttached = false;
    const end = (how: AttachEnd | Error) => {
      input.off("data", read);
      output.off("resize", resized);
      process.off("SIGTERM", detach);
      process.off("SIGHUP", detach);
      attachment.close();
      if (how instanceof Error) reject(how);
      else resolve(how);
    };
    const detach = () => end({ kind: "detached" });
    const resized = () => attachment.resize(size());
    const read = (bytes: Buffer) => {
      const { typed, wishes } = keys.read(bytes.toString("latin1"));
      const meant = withoutDeviceReplies(typed, drives ? "driver" : "spectator");
      if (mode === "drive" && meant !== "") attachment.type(Buffer.from(meant, "latin1"));
      for (const wish of wishes) serve[wish]();
    };
    const attachment = attach(
      {
        onAttached: () => {
          isAttached = true;
        },
        onOutput: (bytes, done) => output.write(bytes, done),
        onSnapshot(text, done) {
          output.write(EMPTY);
          output.write(text, done);
        },
        onStartOver: () => output.write(EMPTY),
        onDriver(isDriver, words) {
          drives = isDriver;
          title(`${words}Ctrl-] twice detaches`);
        },
        onLinkCut: () => title("the link to the hub is cut"),
        onProblem(detail) {
          if (!isAttached) end(new CommandError("not_attached", detail));
          else if (mode === "drive") output.write("\x07");
        },
        onClosed: (exitCode) => end({ kind: "closed", exitCode }),
      },
      size(),
    );
    const serve: Record<AttachWish, () => void> = {
      detach,
      take_over: () => attachment.takeOver(),
      release: () => attachment.release(),
    };
    input.on("data", read);
    // Whoever was asked something before left it paused.
    input.resume();
    output.on("resize", resized);
    process.once("SIGTERM", detach);
    process.once("SIGHUP", detach);
  });
}
