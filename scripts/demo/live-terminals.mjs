import { stripVTControlCharacters } from "node:util";
import WebSocket from "ws";

/** Kind, session number and offset (docs: terminal frames); what follows are the terminal's bytes. */
const headerBytes = 13;
const outputKind = 1;

/**
 * Follows a project's facts and what its terminals print, over the dashboards' socket. `onFact` is called whenever a task
 * may have changed, `onLine` with each whole line that a watched session prints, what it printed before included.
 */
export class LiveTerminals {
  #socket;
  #onLine;
  #ready = false;
  #watched = new Set();
  #sessions = new Map();

  constructor({ url, token, projectId, onFact, onLine }) {
    this.#onLine = onLine;
    this.#socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws/dashboard`);
    this.#socket.on("open", () => this.#send({ type: "auth", token }));
    this.#socket.on("message", (data, isBinary) => {
      if (isBinary) return this.#output(data);
      const frame = JSON.parse(data);
      if (frame.type === "auth_ok") this.#begin(projectId);
      if (frame.type === "attached") this.#attached(frame);
      if (frame.type === "task_event") onFact();
    });
    // Who watches is told by other means too: without a socket only the terminals are missing.
    this.#socket.on("error", () => {});
  }

  /** Once for each session. */
  watch(sessionId) {
    if (this.#watched.has(sessionId)) return;
    this.#watched.add(sessionId);
    if (this.#ready) this.#attach(sessionId);
  }

  close() {
    this.#socket.terminate();
  }

  #begin(projectId) {
    this.#ready = true;
    this.#send({ type: "subscribe", topic: `project:${projectId}` });
    for (const sessionId of this.#watched) this.#attach(sessionId);
  }

  #attach(sessionId) {
    // From its first byte on, which is not far back in so short a life.
    this.#send({ type: "attach", session_id: sessionId, offset: 0, cols: 120, rows: 40, mode: "watch" });
  }

  #attached({ session_id, number }) {
    this.#sessions.set(number, { id: session_id, decoder: new TextDecoder(), rest: "" });
  }

  #output(frame) {
    const session = this.#sessions.get(frame.readUInt32BE(1));
    if (frame[0] !== outputKind || !session) return;
    const lines = (session.rest + session.decoder.decode(frame.subarray(headerBytes), { stream: true })).split("\n");
    session.rest = lines.pop();
    for (const line of lines) this.#onLine(session.id, stripVTControlCharacters(line).trimEnd());
  }

  #send(frame) {
    this.#socket.send(JSON.stringify(frame));
  }
}
