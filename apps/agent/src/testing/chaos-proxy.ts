import { connect, createServer, type Server, type Socket } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";

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

export interface ChaosProxyOptions {
  listen: Address;
  target: Address;
  /** How many bytes, in both directions together, the next connection lives; for ever when infinite. */
  lives?: () => number;
  /** Milliseconds that the next bytes are under way. Their order stays. */
  latencyMs?: () => number;
  /** Of how many bytes the next piece is; whole chunks without it. */
  pieceBytes?: () => number;
  bytesPerSecond?: number;
}

/** Both ends of a connection, and what it does to what goes through. */
interface Connection {
  ends: readonly [Socket, Socket];
  isSwallowed: boolean;
}

/** Stands between two parts of ours: cuts connections in the midst of their bytes, delays, slices and swallows them. */
export async function startChaosProxy(options: ChaosProxyOptions) {
  const { listen, target, lives = () => Number.POSITIVE_INFINITY, latencyMs, pieceBytes, bytesPerSecond } = options;
  let cuts = 0;
  let isRefusing = false;
  const connections = new Set<Connection>();
  const cut = (connection: Connection, how: "destroy" | "resetAndDestroy" = "destroy") => {
    connections.delete(connection);
    for (const socket of connection.ends) socket[how]();
  };

  const server: Server = createServer({ noDelay: true }, (near) => {
    if (isRefusing) return void near.resetAndDestroy();
    const far = connect({ ...at(target), noDelay: true });
    const connection: Connection = { ends: [near, far], isSwallowed: false };
    connections.add(connection);
    let left = lives();

    /** Hands one piece on; true when it was the last one of this connection. */
    const pass = (piece: Buffer, to: Socket): boolean => {
      if (to.destroyed || left <= 0 || connection.isSwallowed) return true;
      left -= piece.length;
      if (left > 0) {
        to.write(piece);
        return false;
      }
      cuts += 1;
      // What comes before the cut arrives; what was read behind it is lost.
      to.write(piece.subarray(0, piece.length + left), () => cut(connection));
      return true;
    };
    const passSlowly = async (chunk: Buffer, due: number, to: Socket): Promise<void> => {
      const wait = due - performance.now();
      if (wait > 0) await sleep(wait);
      for (let from = 0; from < chunk.length; ) {
        const piece = chunk.subarray(from, from + (pieceBytes?.() ?? chunk.length));
        from += piece.length;
        if (pass(piece, to)) return;
        if (bytesPerSecond) await sleep((1000 * piece.length) / bytesPerSecond);
        // Else the kernel would put the pieces together again.
        else if (pieceBytes) await nextTurn();
      }
    };
    const forward = (from: Socket, to: Socket) => {
      let passed = Promise.resolve();
      let due = 0;
      const isSlow = latencyMs !== undefined || pieceBytes !== undefined || bytesPerSecond !== undefined;
      from.on("data", (chunk: Buffer) => {
        if (!isSlow) return void pass(chunk, to);
        due = Math.max(due, performance.now() + (latencyMs?.() ?? 0));
        const dueNow = due;
        passed = passed.then(() => passSlowly(chunk, dueNow, to));
      });
      from.on("error", () => {});
      from.on("close", () => {
        // The other end is not told of anything any more.
        if (!connection.isSwallowed) void passed.then(() => cut(connection));
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
    connections: () => connections.size,
    /** Cuts everything that is open now. */
    cutAll(how?: "destroy" | "resetAndDestroy") {
      for (const connection of connections) cut(connection, how);
    },
    /** A black hole: of what is open now neither end hears again, not even that it ended. New connections are served. */
    swallow() {
      for (const connection of connections) connection.isSwallowed = true;
    },
    /** Resets whoever connects from now on, or serves them again. */
    refuse(isRefused: boolean) {
      isRefusing = isRefused;
    },
    async [Symbol.asyncDispose]() {
      for (const connection of connections) cut(connection);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
