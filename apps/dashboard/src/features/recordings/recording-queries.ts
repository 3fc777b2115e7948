import { listRecordings, searchRecordings, viewRecording } from "@orchestratia/protocol/operations/recordings";
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";

const momentsShown = 100;
const growsEveryMs = 15_000;
const pageLength = 50;

/** What is recorded, the newest sessions first. Running sessions' recordings grow and nothing tells of it. */
export const recordingsQuery = (project: string) =>
  infiniteQueryOptions({
    queryKey: ["recordings", project],
    staleTime: growsEveryMs,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: after, signal }) =>
      hub.call(listRecordings, {
        params: { project },
        query: { limit: pageLength, ...(after ? { after } : {}) },
        signal,
      }),
    getNextPageParam: ({ next }) => next,
  });

/** The sessions of a project in which the words were printed, the newest first. */
export const recordingHitsQuery = (project: string, words: string) =>
  infiniteQueryOptions({
    queryKey: ["recording-hits", project, words],
    staleTime: 10_000,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: after, signal }) =>
      hub.call(searchRecordings, { params: { project }, query: { q: words, ...(after ? { after } : {}) }, signal }),
    getNextPageParam: ({ next }) => next,
    placeholderData: (before) => before,
  });

/** What there is of a session's recording; of a running session it is asked for again and again. */
export const recordingQuery = (project: string, session: string, isLive: boolean) =>
  queryOptions({
    queryKey: ["recording", session],
    queryFn: ({ signal }) => hub.call(viewRecording, { params: { project, session }, signal }),
    refetchInterval: isLive ? growsEveryMs : false,
  });

/** The moments of one session at which the words were printed. */
export const momentsQuery = (project: string, session: string, words: string) =>
  queryOptions({
    queryKey: ["recording-moments", session, words],
    enabled: words !== "",
    staleTime: 10_000,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const query = { q: words, session, moments: momentsShown };
      const { hits } = await hub.call(searchRecordings, { params: { project }, query, signal });
      return hits[0] ?? { found: 0, moments: [] };
    },
  });

export const castAddress = (project: string, session: string): string =>
  `/api/v1/projects/${project}/sessions/${session}/recording/cast`;

/** The recording from a second on, as it comes in. */
export async function openCast(
  project: string,
  session: string,
  from: number,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const response = await fetch(`${castAddress(project, session)}?from=${from}`, { signal });
  if (!response.ok || !response.body) throw new Error(`The hub answered ${response.status} instead of the recording.`);
  return response.body;
}
