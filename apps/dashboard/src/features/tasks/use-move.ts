import type { Task } from "@orchestratia/protocol/tasks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { OfferedMove } from "./move-offers.ts";
import { makeMove } from "./task-moves.ts";
import { showMoved } from "./task-queries.ts";

/** Makes a move and shows the task as the hub answered it. What it moved besides (children, questions) is asked for again. */
export function useMove(task: Task) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ move, words = "" }: { move: OfferedMove; words?: string }) => makeMove(task, move, words),
    onSuccess: (moved) => {
      showMoved(queries, moved);
      for (const key of ["children", "interventions", "plans"]) void queries.invalidateQueries({ queryKey: [key] });
    },
    // A refusal means that the task is not as it was shown.
    onError: () => void queries.invalidateQueries({ queryKey: ["task"] }),
  });
}
