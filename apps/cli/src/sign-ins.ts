import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Who signed in at a hub with `login`, and what their commands are about. */
export interface SignIn {
  readonly token: string;
  readonly user: string;
  /** What commands without --project are about. */
  readonly project?: string;
}

/** All sign-ins of this account on this machine; `current` is the hub of commands that name none. */
export interface SignIns {
  readonly current?: string;
  readonly hubs: Readonly<Record<string, SignIn>>;
}

/** None when the file is missing or holds something else. */
export function readSignIns(file: string): SignIns {
  try {
    const read: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof read === "object" && read !== null && "hubs" in read && typeof read.hubs === "object") {
      return read as SignIns;
    }
  } catch {
    // As if nobody had signed in.
  }
  return { hubs: {} };
}

/** For this account's eyes only; a reader sees the old file or the new one, never half of it. */
export function writeSignIns(file: string, signIns: SignIns): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const half = `${file}.${process.pid}`;
  writeFileSync(half, `${JSON.stringify(signIns, null, 2)}\n`, { mode: 0o600 });
  chmodSync(half, 0o600);
  renameSync(half, file);
}
