import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { makePrivateFolder } from "../terminals/session-folder.ts";

/** What a daemon that is started anew must know of a file that was on its way. */
const TakenRecord = z.object({
  transfer_id: z.uuid(),
  root: z.string(),
  path: z.string(),
  /** When it began, in milliseconds since 1970. */
  began_at: z.number(),
  /** Where it is, once it is whole. */
  arrived: z.string().optional(),
});
export type TakenRecord = z.infer<typeof TakenRecord>;

/** Records of the files on their way to this machine, one small file each. */
export class TakenRecords {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  find(transferId: string): TakenRecord | undefined {
    if (!z.uuid().safeParse(transferId).success) return undefined;
    try {
      return TakenRecord.parse(JSON.parse(readFileSync(this.#path(transferId), "utf8")));
    } catch {
      return undefined;
    }
  }

  all(): TakenRecord[] {
    return this.#names().flatMap((name) => this.find(name.replace(/\.json$/, "")) ?? []);
  }

  write(record: TakenRecord): void {
    makePrivateFolder(this.#folder);
    const path = this.#path(record.transfer_id);
    writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }

  remove(transferId: string): void {
    rmSync(this.#path(transferId), { force: true });
  }

  #path(transferId: string): string {
    return join(this.#folder, `${transferId}.json`);
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      return [];
    }
  }
}
