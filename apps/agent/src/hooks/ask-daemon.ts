import { connect } from "node:net";
import type { Readable } from "node:stream";
import type { HookAnswer } from "../agents/hook-event.ts";
import { type HookHeader, HookReply, PAYLOAD_MAX_BYTES } from "./hook-wire.ts";

export interface Asking {
  socket: string | undefined;
  secret: string | undefined;
  agent: string;
  event: string;
  input: Readable;
  limitMs: number;
}

/** Nobody hands a hook its input so slowly. */
const inputLimitMs = 30_000;

/** Hands over what the agent told; throws with a sentence whatever goes wrong. */
export async function askDaemon({ socket, secret, agent, event, input, limitMs }: Asking): Promise<HookAnswer> {
  if (!socket || !secret) throw new Error("this session has no daemon");
  const payload = await readPayload(input);
  const header: HookHeader = { secret, agent, event, bytes: payload.length };
  const line = await exchange(socket, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), payload]), limitMs);
  const reply = HookReply.safeParse(parsed(line));
  if (!reply.success) throw new Error("the daemon's answer is not understood");
  return reply.data;
}

/** All of stdin, which must be JSON. */
async function readPayload(input: Readable): Promise<Buffer> {
  const limit = setTimeout(() => input.destroy(new Error("what the agent tells does not end")), inputLimitMs);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of input as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > PAYLOAD_MAX_BYTES) throw new Error("what the agent tells is larger than 8 MiB");
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(limit);
  }
  const payload = Buffer.concat(chunks);
  if (parsed(payload.toString("utf8")) === undefined) throw new Error("what the agent tells is not JSON");
  return payload;
}

function exchange(socketPath: string, request: Buffer, limitMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let heard = "";
    const limit = setTimeout(() => socket.destroy(new Error("nobody decided in time")), limitMs);
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(request));
    socket.on("data", (chunk: string) => {
      heard += chunk;
      if (heard.endsWith("\n")) socket.destroy();
    });
    socket.on("error", (error: NodeJS.ErrnoException) =>
      reject(error.code ? new Error(`the daemon cannot be reached (${error.code})`) : error),
    );
    socket.on("close", () => {
      clearTimeout(limit);
      if (heard.endsWith("\n")) resolve(heard);
      else reject(new Error("the daemon gave no answer"));
    });
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
