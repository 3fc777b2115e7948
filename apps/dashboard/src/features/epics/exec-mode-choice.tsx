"use client";
import { EXEC_MODES, type ExecMode } from "@orchestratia/domain/sibling-order";
import type { Task } from "@orchestratia/protocol/tasks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Badge } from "../../ui/badge.tsx";
import { Select } from "../../ui/control.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { showMoved } from "../tasks/task-queries.ts";
import { chooseExecMode } from "./children-queries.ts";

const words: Record<ExecMode, string> = { par: "Side by side", seq: "One after the other" };

/** Whether the children are worked on side by side or one after the other. */
export function ExecModeChoice({ task, canWrite }: { task: Task; canWrite: boolean }) {
  const queries = useQueryClient();
  const mode = task.exec_mode ?? "par";
  const choose = useMutation({
    mutationFn: (next: ExecMode) => chooseExecMode(task, next),
    onSuccess: (changed) => {
      showMoved(queries, changed);
      void queries.invalidateQueries({ queryKey: ["children"] });
    },
  });
  if (!canWrite) return <Badge>{words[mode]}</Badge>;
  return (
    <div className="flex flex-wrap items-center justify-end gap-2">
      {choose.error ? <ErrorState error={choose.error} /> : null}
      <Select
        aria-label="How the children are worked on"
        className="w-44 touch:w-52"
        disabled={choose.isPending}
        value={choose.isPending ? choose.variables : mode}
        onChange={(event) => choose.mutate(event.target.value as ExecMode)}
      >
        {EXEC_MODES.map((each) => (
          <option key={each} value={each}>
            {words[each]}
          </option>
        ))}
      </Select>
    </div>
  );
}
