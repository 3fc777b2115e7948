"use client";
import type { Server } from "@orchestratia/protocol/servers";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "../../ui/button.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { changeServer, showServer } from "./server-queries.ts";

/** A server that is drained finishes what it has and is given nothing new. */
export function DrainButton({ server }: { server: Server }) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: () => changeServer(server, { draining: !server.draining }),
    onSuccess: (changed) => showServer(queries, changed),
  });
  return (
    <>
      <Button
        pending={change.isPending}
        onClick={() => change.mutate()}
        title={server.draining ? "Give it new tasks again" : "Let it finish what it has and give it nothing new"}
      >
        {server.draining ? "End draining" : "Drain"}
        <span className="sr-only"> of {server.name}</span>
      </Button>
      {change.error ? <ErrorState className="w-full" error={change.error} /> : null}
    </>
  );
}
