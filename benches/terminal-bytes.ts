/**
 * Whether every byte arrives, once and in its place: programs that print and leave at once, viewers that lose their line
 * in the middle of a flood and come back, and daemons that do.
 */
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { beside, startChild } from "./child.ts";
import { option } from "./measure.ts";
import { terminalLog } from "./terminal-log.ts";
import { startOurs } from "./terminal-stage.ts";
import type { AttachOptions, Viewer } from "./terminal-viewer.ts";
import { Verdicts } from "./verdicts.ts";

const RUNS = option("runs", 30);
/** How long a stream may pause before it counts as ended. */
const SILENCE_MS = 5_000;

using log = terminalLog(2);
const READY = "READY";
const printed = Buffer.concat([Buffer.from(READY), readFileSync(log.file)]);
const begin = `stty raw -echo; printf ${READY}; head -c1 >/dev/null;`;
/** The first `bytes` of the log, 4 ms between its pieces. */
const slowly = (bytes: number, piece: number) =>
  `'${process.execPath}' -e "const b=require('fs').readFileSync('${log.file}').subarray(0,${bytes});let n=0;const t=setInterval(()=>{if(n>=b.length)return clearInterval(t);process.stdout.write(b.subarray(n,n+=${piece}))},4)"`;
const SHORT_BYTES = 200_000;
const programs = {
  burst: `${begin} cat '${log.file}'`,
  // 8 MB/s.
  flood: `${begin} ${slowly(log.bytes, 32_768)}`,
  // 0.2 MB/s: what is missed while a daemon finds its way back is little enough to be sent again.
  trickle: `${begin} ${slowly(SHORT_BYTES, 800)}; exec sleep 1000`,
  // Nothing until the line is cut, then everything before it is back.
  last: `${begin} sleep 0.2; head -c ${SHORT_BYTES} '${log.file}'`,
};

let cut = () => {};
await using ours = await startOurs(programs, {
  async through(port) {
    const proxy = await startChild(beside("./delay-proxy.ts"), [String(port), "0"]);
    cut = () => proxy.process.send("cut");
    return (proxy.said as { port: number }).port;
  },
});

interface Outcome {
  lost: number;
  doubled: number;
  wrong: number;
  /** A snapshot took the place of bytes: no byte of the screen is lost, but bytes of the stream were passed over. */
  skipped: number;
}

/** Checks each piece against what was printed, by offset. */
class Account {
  /** Behind the last byte that came in its place. */
  at = 0;
  readonly outcome: Outcome = { lost: 0, doubled: 0, wrong: 0, skipped: 0 };
  #lastAt = performance.now();

  /** What a viewer is to do with what comes. */
  readonly on: NonNullable<AttachOptions["on"]> = {
    onSnapshot: (_, offset) => {
      this.#lastAt = performance.now();
      this.outcome.skipped += Math.max(0, offset - this.at);
      this.at = Math.max(this.at, offset);
    },
    onBytes: (bytes, offset) => {
      this.#lastAt = performance.now();
      this.outcome.lost += Math.max(0, offset - this.at);
      this.outcome.doubled += Math.max(0, this.at - offset);
      if (!bytes.equals(printed.subarray(offset, offset + bytes.length))) this.outcome.wrong += bytes.length;
      this.at = offset + bytes.length;
    },
  };

  /** Resolves when it has `end` bytes, or when nothing comes any more: then the rest is lost. */
  async reached(end: number): Promise<void> {
    this.#lastAt = performance.now();
    while (this.at < end && performance.now() - this.#lastAt < SILENCE_MS) await delay(5);
    this.outcome.lost += Math.max(0, end - this.at);
    this.at = Math.max(this.at, end);
  }
}

type Disturb = (viewer: Viewer, session: string, account: Account) => Promise<Viewer>;

async function run(program: string, bytes: number, disturb: Disturb): Promise<Outcome> {
  const session = await ours.start(program);
  const account = new Account();
  let viewer = await ours.look(session, { offset: 0, on: account.on });
  await account.reached(READY.length);
  viewer.type(Buffer.from("g"));
  viewer = await disturb(viewer, session, account);
  await account.reached(READY.length + bytes);
  await viewer.leave();
  if (program === "trickle") await ours.ask("DELETE", `/sessions/${session}`);
  return account.outcome;
}

const kinds: Record<string, [keyof typeof programs, number, Disturb]> = {
  "burst, then exit": ["burst", log.bytes, async (viewer) => viewer],
  "viewer back in a flood": [
    "flood",
    log.bytes,
    async (viewer, session, account) => {
      await account.reached(log.bytes / 3);
      await viewer.leave();
      return await ours.look(session, { offset: account.at, on: account.on });
    },
  ],
  "daemon's line cut": [
    "trickle",
    SHORT_BYTES,
    async (viewer, _, account) => {
      await account.reached(SHORT_BYTES / 3);
      cut();
      return viewer;
    },
  ],
  "end while the daemon is away": [
    "last",
    SHORT_BYTES,
    async (viewer) => {
      await delay(100);
      cut();
      return viewer;
    },
  ],
};

const verdicts = new Verdicts();
for (const [what, [program, bytes, disturb]] of Object.entries(kinds)) {
  const sum: Outcome = { lost: 0, doubled: 0, wrong: 0, skipped: 0 };
  for (let n = 0; n < RUNS; n += 1) {
    const outcome = await run(program, bytes, disturb);
    for (const key of Object.keys(sum) as (keyof Outcome)[]) sum[key] += outcome[key];
  }
  verdicts.add(`${what}, ${RUNS} runs: bytes lost`, sum.lost, { most: 0 });
  verdicts.add(`${what}, ${RUNS} runs: bytes doubled or wrong`, sum.doubled + sum.wrong, { most: 0 });
  verdicts.add(`${what}, ${RUNS} runs: bytes that a snapshot stands for`, sum.skipped);
}
verdicts.print("P4 bytes");
