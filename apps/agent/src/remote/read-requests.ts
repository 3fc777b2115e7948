import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, relative, resolve } from "node:path";
import { READ_MAX_BYTES } from "@orchestratia/protocol/remote";
import type { DaemonFrame, HubFrame } from "@orchestratia/protocol/server-link";
import { PolicyRefusal } from "../policy/policy-refusal.ts";
import { FolderWithin } from "./folder-within.ts";
import type { RemoteLink } from "./remote-link.ts";
import { holds, isAllowed, TransferError } from "./sendable-file.ts";
import { sentenceOf } from "./transfer-sentence.ts";

const mostAtOnce = 8;

type Ask = Extract<HubFrame, { type: "remote_read" }>;
type Answer = Omit<Extract<DaemonFrame, { type: "remote_read_result" }>, "type" | "request_id">;

export interface ReadOptions {
  /** Throws PolicyRefusal when nobody may read here. */
  allow: () => void;
  /** Where a session's files are read; undefined when there is no such session. */
  folderOf: (sessionId: string) => string | undefined;
  /** Our own configuration and state, of which nothing is read unless the session's folder lies within. */
  secret: () => readonly string[];
}

/** Files in sessions' directories that the hub asks for, piece by piece. Each question is answered. */
export class ReadRequests {
  readonly #link: RemoteLink;
  readonly #options: ReadOptions;
  #running = 0;

  constructor(link: RemoteLink, options: ReadOptions) {
    this.#link = link;
    this.#options = options;
  }

  async read(ask: Ask): Promise<void> {
    this.#running += 1;
    const answer = await this.#answer(ask);
    this.#running -= 1;
    this.#link.send({ type: "remote_read_result", request_id: ask.request_id, ...answer });
  }

  async #answer(ask: Ask): Promise<Answer> {
    try {
      this.#options.allow();
      if (this.#running > mostAtOnce) throw new TransferError(`This machine reads ${mostAtOnce} files already.`);
      const folder = this.#options.folderOf(ask.in_session);
      if (folder === undefined) throw new TransferError("There is no such session here any more.");
      return await pieceOf(folder, this.#options.secret(), ask);
    } catch (error) {
      const refusal = { error: sentenceOf(error, "The file could not be read") };
      return error instanceof PolicyRefusal ? { ...refusal, policy: error.policy } : refusal;
    }
  }
}

/** Throws TransferError when there is no such file within `root`, links followed, or it is a secret one. */
async function pieceOf(root: string, secret: readonly string[], ask: Ask): Promise<Answer> {
  const { path, offset, length } = ask;
  const missing = new TransferError(
    `There is no file ${path} in the session's directory that may be read. Of the home folder itself none may.`,
  );
  if (path.includes("\0")) throw missing;
  // Whether a file outside exists is nobody's business.
  const [realRoot, real] = await Promise.all(
    [root, resolve(root, path.replace(/^~(?=\/|$)/, homedir()))].map((one) => realpath(one).catch(() => undefined)),
  );
  if (!realRoot || !real || real === realRoot || !holds(realRoot, real)) throw missing;
  if (!(await isAllowed(real, { allowed: [realRoot], secret }))) throw missing;
  await using folder = await FolderWithin.open(realRoot, relative(realRoot, dirname(real)));
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(await folder.at(basename(real)), flags).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "EACCES" ? new TransferError(`${path} may not be read by the daemon.`) : missing;
  });
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true });
    if (!(await file.stat()).isFile()) throw new TransferError(`${path} is not a regular file.`);
    const most = Math.max(0, Math.min(length, READ_MAX_BYTES, Number(size) - offset));
    const bytes = Buffer.allocUnsafe(most);
    const { bytesRead } = most > 0 ? await file.read(bytes, 0, most, offset) : { bytesRead: 0 };
    const version = [dev, ino, size, mtimeNs, ctimeNs].join("-");
    return { size: Number(size), version, data: bytes.subarray(0, bytesRead).toString("base64") };
  } finally {
    await file.close();
  }
}
