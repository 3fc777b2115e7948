import headless from "@xterm/headless";
import type { FakeViewer } from "./fake-viewer.ts";

/** The lines and the cursor that somebody sees who was told what this viewer was told. */
export async function viewerScreen({ terminal: events }: FakeViewer, size = { cols: 80, rows: 24 }) {
  const terminal = new headless.Terminal({ ...size, scrollback: 2_000, allowProposedApi: true });
  const write = (bytes: Uint8Array) => new Promise<void>((resolve) => terminal.write(bytes, resolve));
  for (const event of events) {
    if (event.kind === "output") await write(event.bytes);
    else if (event.kind === "resized") terminal.resize(event.cols, event.rows);
    else {
      terminal.reset();
      terminal.resize(event.snapshot.cols, event.snapshot.rows);
      await write(event.snapshot.text);
    }
  }
  const { active } = terminal.buffer;
  const lines = Array.from({ length: active.length }, (_, y) => active.getLine(y)?.translateToString(true) ?? "");
  const seen = { shown: lines.slice(-terminal.rows), cursor: [active.cursorX, active.cursorY] };
  terminal.dispose();
  return seen;
}
