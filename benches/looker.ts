/**
 * Looks at one session as many viewers, in a process of its own, and takes what comes. When it is asked, it says what
 * came since it was last asked, and how long ago the stamps in it were printed.
 */
import { WebSocket } from "ws";
import { ready } from "./terminal.ts";
import { STAMP } from "./terminal-pty.ts";
import { Viewer } from "./terminal-viewer.ts";

export interface Looked {
  bytes: number;
  /** ms from each stamp to the viewer. */
  ages: number[];
}

export interface Look {
  url: string;
  viewers: number;
  /** They acknowledge what they take, and start the program with a key. */
  drive?: boolean;
  /** Ours: what Viewer.attach takes; else the url is all. */
  ours?: { port: number; token: string; session: string };
}

/** Everybody is counted, but only some are read: reading must not be what is measured. */
const READ = 10;
const KEY = Buffer.from("g");

const look = JSON.parse(process.argv[2] ?? "") as Look;
let looked: Looked = { bytes: 0, ages: [] };

function take(bytes: Buffer, isRead: boolean): void {
  looked.bytes += bytes.length;
  if (!isRead) return;
  for (let at = bytes.indexOf(STAMP); at >= 0; at = bytes.indexOf(STAMP, at + 1)) {
    const stamp = Number(bytes.toString("latin1", at + STAMP.length, at + STAMP.length + 16));
    if (stamp) looked.ages.push(Number(process.hrtime.bigint() / 1000n - BigInt(stamp)) / 1000);
  }
}

for (let n = 0; n < look.viewers; n += 1) {
  const isRead = n < READ;
  if (look.ours) {
    const viewer = await Viewer.attach({ ...look.ours, mode: look.drive ? "drive" : "watch" });
    if (look.drive) await ready(viewer).then(() => viewer.type(KEY));
    viewer.onBytes = (bytes) => take(bytes, isRead);
  } else {
    const socket = new WebSocket(look.url, { perMessageDeflate: false });
    socket.on("message", (data: Buffer) => take(data, isRead));
    await new Promise((resolve) => socket.once(look.drive ? "message" : "open", resolve));
    if (look.drive) socket.send(KEY);
  }
}
process.send?.({});
process.on("message", () => {
  process.send?.(looked);
  looked = { bytes: 0, ages: [] };
});
for (const end of ["SIGTERM", "disconnect"]) process.on(end, () => process.exit(0));
