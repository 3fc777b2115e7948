import { type Pty, spawn } from "node-pty";

/** Stands before 16 digits: microseconds of the machine's monotonic clock. */
export const STAMP = "@@";
const STEADY_PIECE = 4096;

/** What the measured terminals run; each says READY first, so that a session at work can be told from one that begins. */
export const PROGRAMS = {
  /** Sends back every byte at once. */
  echo: "stty raw -echo; printf READY; exec cat",
  /** A file as fast as it is read, once a byte comes; it stays, since a plain pty loses the tail of a program that exits. */
  flood: (file: string) => `stty raw -echo; printf READY; head -c1 >/dev/null; cat '${file}'; exec sleep 1000`,
  /** The file over and over until it is closed. */
  endless: (file: string) => `stty raw -echo; printf READY; head -c1 >/dev/null; while :; do cat '${file}'; done`,
  /** 1 MB/s in pieces that say when they were printed. */
  steady: (file: string) => {
    const script = `const b=require("fs").readFileSync("${file}").subarray(0,${STEADY_PIECE});const begun=Date.now();let n=0;
setInterval(()=>{for(;n*${STEADY_PIECE}<(Date.now()-begun)*1000;n++){b.write("${STAMP}"+String(process.hrtime.bigint()/1000n).padStart(16,"0"));process.stdout.write(b)}},4)`;
    return `stty raw -echo; printf READY; head -c1 >/dev/null; exec '${process.execPath}' -e '${script}'`;
  },
};

const HIGH_BYTES = 512 * 1024;
const WINDOW_MS = 4;
const WINDOW_BYTES = 64 * 1024;
const AT_ONCE_BYTES = 2048;

export function spawnPty(command: string): Pty {
  const env = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => !!entry[1]));
  return spawn("/bin/sh", ["-c", command], {
    name: "xterm-256color",
    cols: 120,
    rows: 40,
    cwd: "/",
    env,
    encoding: null,
  });
}

/** Gives the terminal's output to `send`; the program waits while more than HIGH_BYTES are `buffered`. */
export function pump(pty: Pty, send: (bytes: Buffer) => void, buffered: () => number, adaptive: boolean): void {
  let paused = false;
  const put = (bytes: Buffer) => {
    send(bytes);
    if (paused || buffered() < HIGH_BYTES) return;
    paused = true;
    pty.pause();
    const timer = setInterval(() => {
      if (buffered() > HIGH_BYTES / 4) return;
      clearInterval(timer);
      paused = false;
      pty.resume();
    }, 1);
  };
  pty.onData(adaptive ? adaptiveWindow(put) : put);
}

/** At once while little came in the last 4 ms, else one piece for 4 ms or 64 KB. */
export function adaptiveWindow(put: (bytes: Buffer) => void): (bytes: Buffer) => void {
  let waiting: Buffer[] = [];
  let length = 0;
  let timer: NodeJS.Timeout | undefined;
  let began = 0;
  let sent = 0;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const [only] = waiting;
    const bytes = waiting.length === 1 && only ? only : Buffer.concat(waiting, length);
    sent += length;
    waiting = [];
    length = 0;
    put(bytes);
  };
  return (bytes) => {
    waiting.push(bytes);
    length += bytes.length;
    if (length >= WINDOW_BYTES) return flush();
    if (timer) return;
    const at = performance.now();
    if (at - began >= WINDOW_MS) {
      began = at;
      sent = 0;
    }
    if (sent + length <= AT_ONCE_BYTES) flush();
    else timer = setTimeout(flush, WINDOW_MS);
  };
}
