import type { TaskOutput } from "@orchestratia/protocol/task-output";
import { classNames } from "../../ui/class-names.ts";
import { TimeAgo } from "../../ui/time-ago.tsx";
import { plainOutput } from "./plain-output.ts";

const titles = { stdout: "Output", stderr: "Errors", tail: "End of the terminal" } as const;

/** A piece says what it is where the one before it was something else. */
const isContinued = (piece: TaskOutput, before: TaskOutput | undefined) =>
  before !== undefined && before.stream === piece.stream && before.epoch === piece.epoch && piece.stream !== "tail";

/** Pieces in their order, each as its stream printed it. */
export const OutputPieces = ({ pieces, showEpoch }: { pieces: readonly TaskOutput[]; showEpoch: boolean }) =>
  pieces.map((piece, at) => (
    <div key={piece.seq} data-stream={piece.stream} className="px-3 first:pt-3 last:pb-3">
      {isContinued(piece, pieces[at - 1]) ? null : (
        <p className={classNames("flex gap-3 pb-1 font-sans text-xs text-ink-soft", at > 0 && "mt-2 border-t pt-2")}>
          <span>
            {titles[piece.stream]}
            {showEpoch ? ` · epoch ${piece.epoch}` : ""}
          </span>
          <TimeAgo at={piece.created_at} className="ml-auto" />
        </p>
      )}
      <pre
        className={classNames(
          "font-mono text-xs leading-5 break-words whitespace-pre-wrap",
          piece.stream === "stderr" && "border-l-2 border-red/50 pl-2",
        )}
      >
        {plainOutput(piece.content)}
      </pre>
    </div>
  ));
