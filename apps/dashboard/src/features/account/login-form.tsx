"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input } from "../../ui/control.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { setupStateQuery, signInWith } from "./account-queries.ts";
import { EntryCard } from "./entry-card.tsx";
import { check, emailRule, focusFirstProblem, required } from "./form-errors.ts";

const rules = { email: emailRule, password: required("your password") };

/** Only a path of this origin: a link may not send a person elsewhere after the sign-in. */
const safePath = (path: string | null): string => (path?.startsWith("/") && !/^\/[/\\]/.test(path) ? path : "/");

export function LoginForm() {
  const queries = useQueryClient();
  const router = useRouter();
  const setup = useQuery(setupStateQuery);
  const [values, setValues] = useState({ email: "", password: "" });
  const [errors, setErrors] = useState<Partial<typeof values>>({});
  const enter = useMutation({
    mutationFn: () => signInWith(queries, values),
    onSuccess: () => router.replace(safePath(new URLSearchParams(window.location.search).get("next"))),
  });

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const found = check(values, rules);
    setErrors(found);
    if (Object.keys(found).length > 0) focusFirstProblem(event);
    else enter.mutate();
  };

  return (
    <EntryCard
      title="Sign in"
      lead={
        setup.data?.needed
          ? "This hub has no admin yet. Open the set-up link that it printed when it started."
          : "Sign in to see your projects."
      }
    >
      <form noValidate onSubmit={submit} className="space-y-4" aria-label="Sign in">
        <Field label="E-mail" error={errors.email}>
          {(control) => (
            <Input
              {...control}
              type="email"
              autoComplete="username"
              value={values.email}
              onChange={(event) => setValues({ ...values, email: event.target.value })}
            />
          )}
        </Field>
        <Field label="Password" error={errors.password}>
          {(control) => (
            <Input
              {...control}
              type="password"
              autoComplete="current-password"
              value={values.password}
              onChange={(event) => setValues({ ...values, password: event.target.value })}
            />
          )}
        </Field>
        {enter.error ? <ErrorState error={enter.error} /> : null}
        <Button
          type="submit"
          variant="primary"
          size="large"
          className="w-full"
          pending={enter.isPending || enter.isSuccess}
        >
          {enter.isPending ? "Signing in…" : "Sign in"}
        </Button>
      </form>
    </EntryCard>
  );
}
