"use client";
import type { Server } from "@orchestratia/protocol/servers";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input } from "../../ui/control.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { focusFirstProblem } from "../account/form-errors.ts";
import { changeServer, showServer } from "./server-queries.ts";
import { readTaskLimit } from "./task-limit.ts";

/** How many tasks the server takes at once, whatever its daemon says. */
export function TaskLimitForm({ server }: { server: Server }) {
  const queries = useQueryClient();
  const [text, setText] = useState(server.max_concurrent_override?.toString() ?? "");
  const [error, setError] = useState<string | undefined>();
  const save = useMutation({
    mutationFn: (limit: number | null) => changeServer(server, { max_concurrent_override: limit }),
    onSuccess: (changed) => showServer(queries, changed),
  });
  return (
    <form
      noValidate
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        const read = readTaskLimit(text);
        setError(read.error);
        if (read.error === undefined) save.mutate(read.limit);
        else focusFirstProblem(event);
      }}
    >
      <Field
        label="Tasks at once"
        error={error}
        help={`Empty: as many as its daemon says. 0: none. It takes ${server.max_concurrent} now.`}
      >
        {(control) => (
          <span className="flex gap-2">
            <Input
              {...control}
              inputMode="numeric"
              autoComplete="off"
              className="w-32"
              value={text}
              onChange={(event) => {
                setText(event.target.value);
                save.reset();
              }}
              onBlur={() => setError(readTaskLimit(text).error)}
            />
            <Button type="submit" pending={save.isPending}>
              Save
            </Button>
            <span role="status" className="self-center text-sm text-ink-soft">
              {save.isSuccess ? "Saved" : ""}
            </span>
          </span>
        )}
      </Field>
      {save.error ? <ErrorState error={save.error} /> : null}
    </form>
  );
}
