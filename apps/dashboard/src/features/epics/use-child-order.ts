"use client";
import type { Task, TaskSummary } from "@orchestratia/protocol/tasks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { placeAfterStep, type Step, stepped } from "./child-order.ts";
import { childrenQuery, placeChild } from "./children-queries.ts";

type Children = { tasks: TaskSummary[]; next: string | null };

/** Moves children: on the screen at once, at the hub one move after the other. */
export function useChildOrder(parent: Task) {
  const queries = useQueryClient();
  const { queryKey } = childrenQuery(parent);
  const mutationKey = ["place", parent.id];
  const [said, say] = useState("");
  const place = useMutation({
    mutationKey,
    scope: { id: mutationKey.join(" ") },
    mutationFn: ({ child, to }: { child: TaskSummary; to: { before: string } | { after: string } }) =>
      placeChild(child, to as Parameters<typeof placeChild>[1]),
    // The last one reads it all again; one before it would show the list as it was between two moves.
    onSettled: () => {
      if (queries.isMutating({ mutationKey }) <= 1) void queries.invalidateQueries({ queryKey });
    },
  });

  const move = (child: TaskSummary, step: Step) => {
    const tasks = queries.getQueryData<Children>(queryKey)?.tasks ?? [];
    const to = placeAfterStep(
      tasks.map(({ id }) => id),
      child.id,
      step,
    );
    if (!to) return;
    const moved = stepped(tasks, child.id, step);
    void queries.cancelQueries({ queryKey });
    queries.setQueryData<Children>(queryKey, (known) => known && { ...known, tasks: moved });
    say(`${child.key} is number ${moved.findIndex(({ id }) => id === child.id) + 1} of ${moved.length}`);
    place.mutate({ child, to });
  };
  return { move, said, error: place.error };
}
