"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input } from "../../ui/control.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { setupStateQuery, signInWith } from "./account-queries.ts";
import { useAddressQuery } from "./address-query.ts";
import { EntryCard } from "./entry-card.tsx";
import { check, emailRule, focusFirstProblem, required } from "./form-errors.ts";
import { ProviderLinks } from "./provider-links.tsx";
import { providerProblem } from "./provider-problems.ts";
import { safePath } from "./safe-path.ts";

const rules = { email: emailRule, password: required("your password") };

export function LoginForm() {
  const queries = useQueryClient();
  const router = useRouter();
  const setup = useQuery(setupStateQuery);
  const next = safePath(useAddressQuery("next"));
  const problem = useAddressQuery("problem");
  const [values, setValues] = useState({ email: "", password: "" });
  const [errors, setErrors] = useState<Partial<typeof values>>({});
  const enter = useMutation({
    mutationFn: () => signInWith(queries, values),
    onSuccess: () => router.replace(next),
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
      {problem && enter.isIdle ? <ErrorState className="mb-4" error={providerProblem(problem)} /> : null}
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
      <ProviderLinks next={next} word="Sign in with" />
    </EntryCard>
  );
}
