import type { ReadStream, WriteStream } from "node:tty";
import { DashboardSocket } from "@orchestratia/client/dashboard-socket";
import { withoutDeviceReplies } from "@orchestratia/client/device-replies";
import { WebSocket } from "ws";
import { AttachKeys, type AttachWish } from "./attach-keys.ts";
import { CommandError } from "./command-error.ts";
import { printable } from "./printable.ts";

export interface AttachOptions {
  url: string;
  token: string;
  session: { id: string; name: string };
  mode: "watch" | "drive";
  input: ReadStream;
  output: WriteStream;
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

function attached({ url, token, session, mode, input, output }: AttachOptions): Promise<AttachEnd> {
  const size = () => ({ cols: output.columns || 80, rows: output.rows || 24 });
  const title = (text: string) => output.write(`\x1b]2;${printable(`${session.name}: ${text}`)}\x07`);
  const keys = new AttachKeys();
  let drives = false;

  return new Promise((resolve, reject) => {
    let isAttached = false;
    const socket = new DashboardSocket({
      url: `${url.replace(/^http/, "ws")}/ws/dashboard`,
      token,
      open: (address) => new WebSocket(address) as unknown as globalThis.WebSocket,
      onState: (state) => state === "reconnecting" && title("the link to the hub is cut"),
      onFrame(frame) {
        if (frame.type !== "session_event" || frame.session_id !== session.id) return;
        if (frame.event === "session.closed") end({ kind: "closed", exitCode: exitCodeOf(frame.details) });
      },
    });
    const end = (how: AttachEnd | Error) => {
      input.off("data", read);
      output.off("resize", resized);
      process.off("SIGTERM", detach);
      process.off("SIGHUP", detach);
      socket.close();
      if (how instanceof Error) reject(how);
      else resolve(how);
    };
    const detach = () => end({ kind: "detached" });
    const resized = () => socket.resize(session.id, size());
    const serve: Record<AttachWish, () => void> = {
      detach,
      take_over: () => socket.takeOver(session.id),
      release: () => socket.release(session.id),
    };
    const read = (bytes: Buffer) => {
      const { typed, wishes } = keys.read(bytes.toString("latin1"));
      const meant = withoutDeviceReplies(typed, drives ? "driver" : "spectator");
      if (mode === "drive" && meant !== "") socket.type(session.id, Buffer.from(meant, "latin1"));
      for (const wish of wishes) serve[wish]();
    };
    input.on("data", read);
    output.on("resize", resized);
    process.once("SIGTERM", detach);
    process.once("SIGHUP", detach);

    socket.subscribe(`session:${session.id}`);
    socket.attach(session.id, size(), mode, {
      onAttached: () => {
        isAttached = true;
      },
      onOutput(bytes, offset) {
        output.write(bytes, () => socket.consumed(session.id, offset + bytes.byteLength));
      },
      onSnapshot({ offset, text }) {
        output.write(EMPTY);
        output.write(text, () => socket.consumed(session.id, offset));
      },
      onStartOver: () => output.write(EMPTY),
      // This window has the size that it has.
      onResized() {},
      onDriver(user, you) {
        drives = you;
        if (you) title("you type; Ctrl-] twice detaches");
        else
          title(`${user ?? "nobody"} types; ${mode === "drive" ? "Ctrl-] t takes over, " : ""}Ctrl-] twice detaches`);
      },
      onProblem(detail) {
        if (!isAttached) end(new CommandError("not_attached", detail));
        else if (mode === "drive") output.write("\x07");
      },
    });
  });
}

function exitCodeOf({ exit_code }: Record<string, unknown>): number | null {
  return typeof exit_code === "number" ? exit_code : null;
}
