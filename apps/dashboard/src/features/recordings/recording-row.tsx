import type { Recording } from "@orchestratia/protocol/recordings";
import { Download } from "lucide-react";
import Link from "next/link";
import { AgentMark } from "../../ui/agent-mark.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { isLive } from "../sessions/session-words.ts";
import { clockTime } from "./next-position.ts";
import { recordingAddress } from "./recording-address.ts";
import { castAddress } from "./recording-queries.ts";
import { sizeWords } from "./size-words.ts";

/** A session's recording: of what, when, how long, how large. */
export const RecordingRow = ({ project, recording }: { project: string; recording: Recording }) => {
  const { session_id, session_name, session_status, agent, server_name, started_at, task_key, begins, ends, bytes } =
    recording;
  return (
    <li
      className="flex items-center border-b last:border-b-0 hover:bg-hover"
      data-testid="recording-row"
      data-name={session_name}
    >
      <Link
        href={recordingAddress(session_id)}
        className="grid min-h-11 min-w-0 flex-1 grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-3 py-2 pr-2 pl-4 -outline-offset-2 md:grid-cols-[auto_minmax(0,1fr)_6rem_6rem_4.5rem_4.5rem] md:py-1"
      >
        <AgentMark agent={agent} />
        <span className="min-w-0">
          <span className="flex items-center gap-2">
            <span className="truncate text-sm font-medium">{session_name}</span>
            {isLive({ status: session_status }) ? <Badge>Still running</Badge> : null}
            {begins > 0 ? <Badge>Beginning not kept</Badge> : null}
          </span>
          <span className="block truncate text-xs text-ink-faint">
            {agent} on {server_name}
            <span className="md:hidden">
              , <TimeAgo at={started_at} />
            </span>
          </span>
        </span>
        <span className="hidden font-mono text-xs text-ink-soft md:block">{task_key}</span>
        <TimeAgo at={started_at} className="hidden text-xs text-ink-faint md:block" />
        <span className="text-right font-mono text-xs text-ink-soft tabular-nums">
          <span className="sr-only">Length </span>
          {clockTime(ends - begins)}
        </span>
        <span className="hidden text-right text-xs text-ink-faint tabular-nums md:block">{sizeWords(bytes)}</span>
      </Link>
      <Button asChild variant="ghost" size="icon" className="mr-2 shrink-0">
        <a href={castAddress(project, session_id)} download aria-label={`Download the recording of ${session_name}`}>
          <Download aria-hidden />
        </a>
      </Button>
    </li>
  );
};
