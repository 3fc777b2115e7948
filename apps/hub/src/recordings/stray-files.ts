import { BackgroundWork } from "../events/background-work.ts";
import type { Recordings } from "./recordings.ts";
import type { SegmentReceiver } from "./segment-receiver.ts";
import { type StoredFile, segmentKey } from "./segment-store.ts";

const EVERY_MS = 6 * 60 * 60_000;
/** A file without a row is written again by then, if anybody still has what belongs into it. */
const STRAY_AFTER_MS = 24 * 60 * 60_000;
const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
/** `project/session/segment.gz`, or what is left of one whose writing was broken off. */
const OURS = new RegExp(`^(${UUID})/(${UUID})/(\\d{1,10})\\.gz(\\.${UUID}\\.new)?$`);

const FAILURE = "stray recording files could not be removed";

const PROJECTS = {
  name: "stray_files_projects",
  text: "select id from projects where id = any($1::uuid[])",
};
const ROWS = {
  name: "stray_files_rows",
  text: `select project_id, session_id, segment from hub.recording_segments where session_id = any($1::uuid[])`,
};

/**
 * Removes the files of recordings that no row knows: of sessions that are gone, and of segments whose row was never
 * committed. A store may be shared with another hub: what belongs to a project that is not known here is left alone.
 */
export function strayFiles(
  recordings: Recordings,
  receiver: Pick<SegmentReceiver, "alone">,
  now = () => Date.now(),
): BackgroundWork {
  const { log, store } = recordings;
  let nextAt = 0;
  return new BackgroundWork({
    log,
    failure: FAILURE,
    async run(isStopped) {
      if (now() < nextAt) return;
      nextAt = now() + EVERY_MS;
      const before = now() - STRAY_AFTER_MS;
      for await (const files of store.list("")) {
        if (isStopped()) return;
        const old = files.filter(({ key, storedAt }) => OURS.test(key) && storedAt.getTime() < before);
        const sessions = new Set((await unknownOf(recordings, old)).map(({ key }) => key.split("/")[1] ?? ""));
        for (const session of sessions) {
          const ofSession = old.filter(({ key }) => key.split("/")[1] === session);
          await receiver.alone(session, () => removeUnknown(recordings, ofSession, isStopped));
        }
      }
    },
  });
}

async function unknownOf({ database: { sql } }: Recordings, files: readonly StoredFile[]): Promise<StoredFile[]> {
  if (files.length === 0) return [];
  const parts = files.map(({ key }) => key.split("/"));
  const projects = await sql.query<{ id: string }>(PROJECTS, [[...new Set(parts.map(([project]) => project))]]);
  const known = new Set(projects.map(({ id }) => id));
  const rows = await sql.query<{ project_id: string; session_id: string; segment: number }>(ROWS, [
    [...new Set(parts.map(([, session]) => session))],
  ]);
  const kept = new Set(rows.map((row) => segmentKey(row.project_id, row.session_id, row.segment)));
  return files.filter(({ key }) => known.has(key.split("/")[0] ?? "") && !kept.has(key));
}

/** Looks again: a segment may have been kept meanwhile. */
async function removeUnknown(
  recordings: Recordings,
  files: readonly StoredFile[],
  isStopped: () => boolean,
): Promise<void> {
  const { store, log } = recordings;
  try {
    const stray = (await unknownOf(recordings, files)).map(({ key }) => key);
    if (stray.length === 0) return;
    await store.remove(stray);
    log.info({ files: stray.length, first: stray[0] }, "recording files that nothing belongs to were removed");
  } catch (error) {
    if (!isStopped()) log.error({ err: error }, FAILURE);
  }
}
