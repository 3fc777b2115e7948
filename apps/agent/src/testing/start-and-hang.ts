/** A daemon to be killed: starts the session described on stdin, prints what it shows, and never ends. */
import { text } from "node:stream/consumers";
import { type SessionSpec, Terminals } from "../terminals/terminals.ts";

const given = JSON.parse(await text(process.stdin)) as { stateDir: string; holderCommand: string[]; spec: SessionSpec };
const terminal = await new Terminals(given.stateDir, given.holderCommand).start(given.spec);
terminal.subscribe(
  {
    onOutput(offset, bytes) {
      terminal.consumed(offset + bytes.length);
      process.stdout.write(`${bytes.toString()}consumed ${offset + bytes.length}\n`);
    },
    onSnapshot() {},
  },
  0,
  Number.MAX_SAFE_INTEGER,
);
setInterval(() => {}, 1000);
