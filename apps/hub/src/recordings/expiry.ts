import type { Statement } from "../db/transaction.ts";
import { BackgroundWork } from "../events/background-work.ts";
import type { Recordings } from "./recordings.ts";
import { segmentKey } from "./segment-store.ts";

const BATCH = 200;
/** As SQL over `projects p`. */
const RETENTION = "coalesce(p.settings ->> 'retention_recordings', '30 d')::interval";

const OLD = {
  name: "recording_old",
  text: `select r.session_id, r.segment, r.project_id from hub.recording_segments r join projects p on p.id = r.project_id
    where r.received_at < now() - ${RETENTION} order by r.received_at limit ${BATCH}`,
};
/** The oldest, as many as are too many: those before which the rest has `$1` bytes or more. */
const TOO_MANY = {
  name: "recording_too_many",
  text: `select session_id, segment, project_id from (
      select session_id, segment, project_id, received_at,
        sum(bytes) over (order by received_at desc, session_id, segment desc) as newer
      from hub.recording_segments
    ) as r where newer > $1 order by received_at limit ${BATCH}`,
};
const TOTAL = {
  name: "recording_total",
  text: "select coalesce(sum(bytes), 0)::float8 as bytes from hub.recording_segments",
};
const REMOVE = {
  name: "recording_remove",
  text: `delete from hub.recording_segments using unnest($1::uuid[], $2::int[]) as gone (session_id, segment)
    where recording_segments.session_id = gone.session_id and recording_segments.segment = gone.segment`,
};

interface Segment {
  session_id: string;
  segment: number;
  project_id: string;
}

/** Removes what is older than its project keeps recordings, and the oldest where all together are too much. */
export function recordingExpiry({ database, store, maxBytes, log }: Recordings): BackgroundWork {
  const removeAll = async (which: Statement, values: unknown[], isStopped: () => boolean): Promise<void> => {
    while (!isStopped()) {
      const found = await database.sql.query<Segment>(which, values);
      // The files first: while a row is there, what is left of its file is tried again.
      await store.remove(found.map((row) => segmentKey(row.project_id, row.session_id, row.segment)));
      await database.sql.query(REMOVE, [found.map((row) => row.session_id), found.map((row) => row.segment)]);
      if (found.length < BATCH) return;
    }
  };
  return new BackgroundWork({
    log,
    failure: "old recordings could not be removed; it is tried again within 30 s",
    async run(isStopped) {
      await removeAll(OLD, [], isStopped);
      const [total] = await database.sql.query<{ bytes: number }>(TOTAL);
      if (total && total.bytes > maxBytes) await removeAll(TOO_MANY, [maxBytes], isStopped);
    },
  });
}
