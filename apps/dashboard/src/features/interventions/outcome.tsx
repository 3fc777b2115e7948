import type { Intervention } from "@orchestratia/protocol/interventions";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { settledWords } from "./settled-words.ts";

/** How a question came to its end, with the answer where one was given. */
export const Outcome = ({ of: it }: { of: Intervention }) => (
  <p className="text-sm break-words whitespace-pre-wrap text-ink-soft" data-testid="outcome">
    {settledWords(it)}
    {it.status === "responded" && it.response ? (
      <>
        {": "}
        <span className="text-ink">{it.response}</span>
      </>
    ) : null}
    {it.responded_at ? (
      <>
        {" · "}
        <TimeAgo at={it.responded_at} className="text-xs text-ink-faint" />
      </>
    ) : null}
  </p>
);
