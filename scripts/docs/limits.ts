import { VIEWER_FRAME_MAX_BYTES } from "../../packages/protocol/src/dashboard-link.ts";
import { DAEMON_FRAME_MAX_BYTES, V1_FRAME_MAX_BYTES } from "../../packages/protocol/src/server-link.ts";
import { TERMINAL_KINDS } from "../../packages/protocol/src/terminal-frame.ts";
import { table } from "./markdown.ts";

const KIB = 1024;
const size = (bytes: number): string =>
  bytes >= KIB * KIB ? `${bytes / KIB / KIB} MiB` : `${(bytes / KIB).toLocaleString("en")} KiB`;

export const frameLimits = (): string =>
  table(
    ["largest frame", "bytes"],
    [
      ["from a daemon", size(DAEMON_FRAME_MAX_BYTES)],
      ["to a daemon", `below ${size(V1_FRAME_MAX_BYTES)}`],
      ["from a viewer", size(VIEWER_FRAME_MAX_BYTES)],
    ],
  );

const KINDS: Readonly<Record<keyof typeof TERMINAL_KINDS, string>> = {
  output: "daemon to hub, hub to viewer: what the program printed",
  input: "viewer to hub, hub to daemon: what is typed",
  recording: "daemon to hub: a piece of the session's recording",
  snapshot: "daemon to hub, hub to viewer: the screen with its scrollback, as it is at the offset",
  file: "daemon to hub, hub to daemon: bytes of a file on its way",
};

export const terminalKindTable = (): string =>
  table(
    ["kind", "name", "meaning"],
    Object.entries(TERMINAL_KINDS).map(([name, kind]) => {
      const meaning = KINDS[name as keyof typeof TERMINAL_KINDS];
      if (!meaning) throw new Error(`scripts/docs/limits.ts does not say what ${name} means`);
      return [String(kind), name, meaning];
    }),
  );
