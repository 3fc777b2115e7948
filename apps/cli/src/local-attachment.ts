import { HolderClient } from "@orchestratia/holder-link/holder-client";
import { readLiveRecords, type SessionRecord } from "@orchestratia/holder-link/session-record";
import { type Exit, watchSince } from "@orchestratia/holder-link/wire";
import type { AttachEvents, Attachment, Size } from "./attached-terminal.ts";
import { CommandError } from "./command-error.ts";

/** How long its last output may take after the program's end was told. */
const LAST_OUTPUT_MS = 2000;

const isId = (project: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(project);
const withoutSlash = (url: string) => url.replace(/\/+$/, "");

/**
 * The session of a daemon's state folder with this name or id; only one of hub and project `of`, as far as its record
 * tells that: it knows the project by its id, not by its key. Undefined when there is none; throws `not_attached` when
 * the folder is another account's, or when several have the name.
 */
export function findLocalSession(
  stateDir: string,
  wanted: string,
  of?: { hubUrl: string; project: string },
): SessionRecord | undefined {
  const isOf = ({ hub_url, project_id }: SessionRecord) =>
    !of || (withoutSlash(hub_url) === withoutSlash(of.hubUrl) && (!isId(of.project) || project_id === of.project));
  const found = liveRecords(stateDir).filter(
    (record) => (record.id === wanted || record.name === wanted) && isOf(record),
  );
  if (found.length <= 1) return found[0];
  const ids = found.map(({ id }) => id).join(", ");
  throw new CommandError(
    "not_attached",
    `Several sessions on this machine are called ${wanted}: say the id of one, ${ids}.`,
  );
}

function liveRecords(stateDir: string): SessionRecord[] {
  try {
    return readLiveRecords(stateDir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw new CommandError(
      "not_attached",
      `${stateDir} cannot be read: only the daemon's own account reaches its sessions.`,
    );
  }
}

/**
 * A session's terminal on this machine, past daemon and hub. Whoever types here types beside everybody else, and the
 * terminal takes this window's size when it is attached, resized or taken over. Throws `not_attached`.
 */
export async function openLocalSession(record: SessionRecord, mode: "watch" | "drive") {
  let events: AttachEvents | undefined;
  let exit: Exit | null = null;
  let end = 0;
  let isOver = false;
  const closed = () => {
    isOver = true;
    events?.onClosed(exit?.code ?? (exit?.signal ? -exit.signal : null));
    events = undefined;
  };
  const closeWhenAllCame = () => {
    if (exit && end >= exit.offset) closed();
  };
  const ended = (how: Exit) => {
    exit = how;
    closeWhenAllCame();
    setTimeout(closed, LAST_OUTPUT_MS).unref();
  };
  const client = await HolderClient.connect(record.socket_path, { onFacts() {}, onExit: ended, onLost: closed }).catch(
    (error: Error) => {
      throw new CommandError("not_attached", `Nothing holds ${record.name ?? record.id} any more: ${error.message}.`);
    },
  );
  if (client.hello.version < watchSince) {
    client.disconnect();
    throw new CommandError(
      "not_attached",
      `${record.name ?? record.id} was started by an older daemon, so it can be attached through the hub only.`,
    );
  }
  return (told: AttachEvents, size: Size): Attachment => {
    events = told;
    let current = size;
    const resize = (wanted: Size) => {
      current = wanted;
      if (mode === "drive") client.resize(wanted.cols, wanted.rows);
    };
    const consumed = (offset: number) => () => client.consumed(offset);
    resize(size);
    client.watch({
      onOutput(offset, bytes) {
        end = offset + bytes.length;
        events?.onOutput(Buffer.from(bytes), consumed(end));
        closeWhenAllCame();
      },
      onSnapshot(offset, { text }) {
        end = offset;
        events?.onSnapshot(Buffer.from(text), consumed(end));
        closeWhenAllCame();
      },
    });
    told.onAttached();
    told.onDriver(mode === "drive", mode === "drive" ? "you type, on this machine; " : "on this machine; ");
    const before = client.hello.exit;
    // The caller must have what is returned before it is told that it closed.
    if (before) queueMicrotask(() => ended(before));
    if (isOver) queueMicrotask(closed);
    return {
      type: (bytes) => client.input(bytes),
      resize,
      takeOver: () => resize(current),
      release() {},
      close() {
        events = undefined;
        client.disconnect();
      },
    };
  };
}
