"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input } from "../../ui/control.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { useAddressQuery } from "./address-query.ts";
import { EntryCard } from "./entry-card.tsx";
import { focusFirstProblem, newPasswordRule } from "./form-errors.ts";
import { passwordResetQuery, resetWith } from "./link-queries.ts";
import { DeadLink, LinkFault, LinkPending } from "./link-state.tsx";
import { passwordHelp } from "./password-help.ts";

const dead = { title: "This link is not good", ask: "Ask an admin of this hub for another one." };

/** What the link of a password reset opens. */
export function ResetPage() {
  const token = useAddressQuery("token");
  const reset = useQuery({ ...passwordResetQuery(token ?? ""), enabled: Boolean(token) });
  if (token === "") return <DeadLink {...dead} />;
  if (reset.error) return <LinkFault {...dead} error={reset.error} onRetry={() => void reset.refetch()} />;
  if (!token || !reset.data) return <LinkPending />;
  return <ResetForm token={token} name={reset.data.name} email={reset.data.email} />;
}

function ResetForm({ token, name, email }: { token: string; name: string; email: string }) {
  const queries = useQueryClient();
  const router = useRouter();
  const [password, setPassword] = useState("");
  const [error, setError] = useState<string | undefined>();
  const set = useMutation({
    mutationFn: () => resetWith(queries, { token, password }),
    // replace, so that the link with its token does not stay in the history.
    onSuccess: () => router.replace("/"),
  });

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const found = newPasswordRule(password);
    setError(found);
    if (found) focusFirstProblem(event);
    else set.mutate();
  };

  return (
    <EntryCard
      title="Choose a new password"
      lead={`For ${name} (${email}). Wherever you are signed in now, you are signed out.`}
    >
      <form noValidate onSubmit={submit} className="space-y-4" aria-label="Reset">
        {/* Password stores learn from it whose password this is. */}
        <input type="hidden" autoComplete="username" value={email} readOnly />
        <Field label="New password" error={error} help={passwordHelp}>
          {(control) => (
            <Input
              {...control}
              type="password"
              autoComplete="new-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        {set.error ? <ErrorState error={set.error} /> : null}
        <Button
          type="submit"
          variant="primary"
          size="large"
          className="w-full"
          pending={set.isPending || set.isSuccess}
        >
          {set.isPending ? "Setting it…" : "Set the password and sign in"}
        </Button>
      </form>
    </EntryCard>
  );
}
