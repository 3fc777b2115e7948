"use client";
import type { Worktree } from "@orchestratia/protocol/workspace";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { counted } from "../../ui/counted.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { clean, type Place } from "./worktree-queries.ts";

type CleanProps = {
  place: Place;
  serverName: string;
  /** What is merged, or gone, and of settled tasks. */
  cleanable: readonly Worktree[];
};

function Outcome({ discarded, kept }: Awaited<ReturnType<typeof clean>>) {
  return (
    <div role="status" className="space-y-3 text-sm">
      <p>{discarded.length > 0 ? `Discarded: ${discarded.join(", ")}.` : "Nothing was discarded."}</p>
      {kept.length > 0 ? (
        <ul aria-label="Kept" className="space-y-1">
          {kept.map(({ task_key, reason }) => (
            <li key={task_key} className="break-words">
              <span className="font-mono text-xs text-ink-faint">{task_key}</span> stays. {reason}
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

function Confirmation({ place, cleanable, onDone }: Pick<CleanProps, "place" | "cleanable"> & { onDone: () => void }) {
  const queries = useQueryClient();
  const cleaning = useMutation({ mutationFn: () => clean(queries, place) });
  if (cleaning.data) {
    return (
      <div className="space-y-4">
        <Outcome {...cleaning.data} />
        <div className="flex justify-end">
          <Button onClick={onDone}>Close</Button>
        </div>
      </div>
    );
  }
  return (
    <div className="space-y-4 text-sm">
      <ul aria-label="Checkouts" className="space-y-1">
        {cleanable.map(({ task_id, task_key, branch }) => (
          <li key={task_id} className="break-all">
            {task_key} <span className="font-mono text-xs text-ink-faint">{branch}</span>
          </li>
        ))}
      </ul>
      {cleaning.error ? <ErrorState error={cleaning.error} /> : null}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onDone}>Keep them</Button>
        <Button variant="danger" pending={cleaning.isPending} onClick={() => cleaning.mutate()}>
          Discard them
        </Button>
      </div>
    </div>
  );
}

/** Discards what nobody needs: its commits are merged, nothing is uncommitted, and its task is settled. */
export function CleanButton({ place, serverName, cleanable }: CleanProps) {
  const [isOpen, setOpen] = useState(false);
  // The outcome is still read when nothing is left to clean.
  if (cleanable.length === 0 && !isOpen) return null;
  return (
    <Dialog
      trigger={
        <Button>
          Clean merged
          <span className="sr-only"> on {serverName}</span>
        </Button>
      }
      title={`Clean ${serverName}`}
      description={`Each of ${counted(cleanable.length, "checkout")} is looked at again first. Their commits are merged and nothing in them is uncommitted; files that git ignores go with them.`}
      open={isOpen}
      onOpenChange={setOpen}
    >
      <Confirmation place={place} cleanable={cleanable} onDone={() => setOpen(false)} />
    </Dialog>
  );
}
