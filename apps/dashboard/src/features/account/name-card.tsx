"use client";
import type { User } from "@orchestratia/protocol/people";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Input } from "../../ui/control.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { KeyValue } from "../../ui/key-value.tsx";
import { meQuery } from "./account-queries.ts";
import { focusFirstProblem, required } from "./form-errors.ts";
import { renameMe } from "./own-account-queries.ts";

const nameRule = required("your name");

export function NameCard() {
  const user = useQuery(meQuery).data?.user;
  return user ? (
    <Card title="You" bodyClassName="space-y-4">
      <KeyValue
        rows={[
          ["E-mail", user.email],
          ["Role", user.role === "admin" ? "Admin of this hub" : "What your projects give you"],
        ]}
      />
      <NameForm user={user} />
    </Card>
  ) : null;
}

function NameForm({ user }: { user: User }) {
  const queries = useQueryClient();
  const [name, setName] = useState(user.name);
  const [error, setError] = useState<string | undefined>();
  const save = useMutation({ mutationFn: () => renameMe(queries, name.trim()) });
  return (
    <form
      noValidate
      aria-label="What you are called"
      className="max-w-md space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        const found = nameRule(name);
        setError(found);
        if (found) focusFirstProblem(event);
        else save.mutate();
      }}
    >
      <Field label="Name" error={error} help="It stands beside what you do.">
        {(control) => (
          <span className="flex gap-2">
            <Input
              {...control}
              autoComplete="name"
              maxLength={120}
              value={name}
              onChange={(event) => {
                setName(event.target.value);
                save.reset();
              }}
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
