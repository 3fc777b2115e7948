import { once } from "node:events";
import { WebSocket } from "ws";
import { beside, type Child, startChild } from "./child.ts";
import { type BenchTerminal, ready, type TerminalStage } from "./terminal.ts";

/** plain: binary frames, one for each read. */
type Wire = "binary" | "plain" | "json";

/** node-pty and ws in one process. */
export async function startDirect(programs: Record<string, string>): Promise<TerminalStage> {
  const server = await startChild(beside("./terminal-direct.ts"));
  return stage("direct", programs, { server }, server);
}

/**
 * A hub that forwards and an agent with the terminals, or, when they are `held`, with a process for each: the least that
 * goes the way ours goes.
 */
export async function startRelay(
  programs: Record<string, string>,
  { wire = "binary", held = false }: { wire?: Wire; held?: boolean } = {},
): Promise<TerminalStage> {
  const hub = await startChild(beside("./terminal-relay-hub.ts"), [wire]);
  const daemon = await startChild(beside("./terminal-relay-agent.ts"), [
    `ws://127.0.0.1:${portOf(hub)}`,
    wire,
    held ? "held" : "",
  ]);
  return stage(held ? "held relay" : `${wire} relay`, programs, { hub, daemon }, hub, wire);
}

const portOf = (child: Child): number => (child.said as { port: number }).port;

function stage(
  name: string,
  programs: Record<string, string>,
  children: Record<string, Child>,
  door: Child,
  wire?: Wire,
): TerminalStage {
  return {
    name,
    port: portOf(door),
    pids: Object.fromEntries(Object.entries(children).map(([role, { pid }]) => [role, pid])),
    async open(program, port = portOf(door)) {
      const terminal = await connect(port, programs[program] ?? program, wire);
      await ready(terminal);
      return terminal;
    },
    async [Symbol.asyncDispose]() {
      for (const child of Object.values(children)) await child[Symbol.asyncDispose]();
    },
  };
}

function payloadOf(data: Buffer, wire: Wire | undefined): Buffer {
  if (wire === "json") return Buffer.from(JSON.parse(data.toString()).data, "base64");
  return wire === undefined ? data : data.subarray(5);
}

async function connect(port: number, command: string, wire: Wire | undefined): Promise<BenchTerminal> {
  const url = `ws://127.0.0.1:${port}/view?command=${encodeURIComponent(command)}`;
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const terminal: BenchTerminal = {
    onBytes() {},
    type(bytes) {
      if (wire !== "json") socket.send(bytes);
      else socket.send(JSON.stringify({ type: "session_input", data: bytes.toString("base64") }));
    },
    async close() {
      const closed = once(socket, "close");
      socket.terminate();
      await closed;
    },
  };
  let offset = 0;
  socket.on("message", (data: Buffer) => {
    const bytes = payloadOf(data, wire);
    terminal.onBytes(bytes, offset);
    offset += bytes.length;
  });
  await once(socket, "open");
  return terminal;
}
