import { connect, createServer, type Server, type Socket } from "node:net";

/** A port of this machine, or the path of a unix socket. */
export type Address = number | string;

const at = (address: Address) =>
  typeof address === "string" ? { path: address } : { port: address, host: "127.0.0.1" };

/** Numbers in [0, 1) that the same seed gives again. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface CuttingProxyOptions {
  listen: Address;
  target: Address;
  /** How many bytes, in both directions together, the next connection lives; for ever when infinite. */
  lives: () => number;
}

/** Stands between two parts of ours and cuts each connection in the midst of its bytes. */
export async function startCuttingProxy({ listen, target, lives }: CuttingProxyOptions) {
  let cuts = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((near) => {
    const far = connect(at(target));
    let left = lives();
    const cut = () => {
      for (const socket of [near, far]) {
        sockets.delete(socket);
        socket.destroy();
      }
    };
    const forward = (from: Socket, to: Socket) => {
      sockets.add(from);
      from.on("error", cut);
      from.on("close", cut);
      from.on("data", (chunk) => {
        if (to.destroyed) return;
        left -= chunk.length;
        if (left > 0) return void to.write(chunk);
        cuts += 1;
        // What comes before the cut arrives; what was read behind it is lost.
        to.write(chunk.subarray(0, chunk.length + left), cut);
      });
    };
    forward(near, far);
    forward(far, near);
  });
  await new Promise<void>((resolve) => server.listen(at(listen), resolve));
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound ? bound.port : 0,
    cuts: () => cuts,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
