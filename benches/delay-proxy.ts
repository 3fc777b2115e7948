/** Carries TCP to a port of this machine with a delay in each direction, ms; cuts every connection when it is told to. */
import { connect, createServer, type Socket } from "node:net";

const [target, delay] = process.argv.slice(2).map(Number) as [number, number];
const AWAKE_MS = 1.5;
const open = new Set<Socket>();

/** Bytes are due `delay` after they came; they neither overtake each other nor wait for each other's delay. */
function carry(from: Socket, to: Socket): void {
  if (delay === 0) return void from.pipe(to);
  const waiting: { due: number; bytes: Buffer | null }[] = [];
  const pass = () => {
    for (let first = waiting[0]; first && first.due <= performance.now(); first = waiting[0]) {
      waiting.shift();
      if (first.bytes) to.write(first.bytes);
      else to.end();
    }
    if (waiting[0]) passAt(waiting[0].due);
  };
  // A timer is only exact to a millisecond or two: the last ones are waited for awake.
  const passAt = (due: number) => {
    const left = due - performance.now();
    if (left > AWAKE_MS) setTimeout(pass, left - AWAKE_MS);
    else setImmediate(pass);
  };
  const take = (bytes: Buffer | null) => {
    const due = performance.now() + delay;
    waiting.push({ due, bytes });
    if (waiting.length === 1) passAt(due);
  };
  from.on("data", take);
  from.on("end", () => take(null));
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  const other = connect({ port: target, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  for (const [each, twin] of [
    [socket, other],
    [other, socket],
  ] as const) {
    open.add(each);
    carry(each, twin);
    each.on("error", () => {});
    each.on("close", () => {
      open.delete(each);
      twin.destroy();
    });
  }
});
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as { port: number }).port }));
process.on("message", () => {
  for (const socket of open) socket.resetAndDestroy();
});
for (const end of ["SIGTERM", "disconnect"]) process.on(end, () => process.exit(0));
