"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type FormEvent, useState, useSyncExternalStore } from "react";
import { Button } from "../../ui/button.tsx";
import { Input } from "../../ui/control.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { setUpWith, setupStateQuery } from "./account-queries.ts";
import { EntryCard } from "./entry-card.tsx";
import { check, emailRule, focusFirstProblem, newPasswordRule, required } from "./form-errors.ts";

const rules = { name: required("your name"), email: emailRule, password: newPasswordRule };
const noSubscription = () => () => undefined;
const tokenInAddress = () => new URLSearchParams(window.location.search).get("token") ?? "";

export function SetupForm() {
  const queries = useQueryClient();
  const router = useRouter();
  const state = useQuery(setupStateQuery);
  const token = useSyncExternalStore(noSubscription, tokenInAddress, () => "…");
  const [values, setValues] = useState({ name: "", email: "", password: "" });
  const [errors, setErrors] = useState<Partial<typeof values>>({});
  const setUp = useMutation({
    mutationFn: () => setUpWith(queries, { token, ...values }),
    // replace, so that the link with its token does not stay in the history.
    onSuccess: () => router.replace("/"),
  });

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const found = check(values, rules);
    setErrors(found);
    if (Object.keys(found).length > 0) focusFirstProblem(event);
    else setUp.mutate();
  };

  if (state.data?.needed === false && !setUp.isPending && !setUp.isSuccess) {
    return (
      <EntryCard title="This hub is set up" lead="Its admin exists already.">
        <Button asChild variant="primary" size="large" className="w-full">
          <Link href="/login">Sign in</Link>
        </Button>
      </EntryCard>
    );
  }
  if (token === "") {
    return (
      <EntryCard
        title="Open the set-up link"
        lead="The hub printed a link with a one-time token when it started. Open that link to make the first admin."
      >
        {state.error ? <ErrorState error={state.error} onRetry={() => void state.refetch()} /> : null}
      </EntryCard>
    );
  }
  const text = (name: keyof typeof values) => ({
    value: values[name],
    onChange: (event: { target: { value: string } }) => setValues({ ...values, [name]: event.target.value }),
    onBlur: () => {
      if (values[name]) setErrors({ ...errors, [name]: rules[name](values[name]) });
    },
  });
  return (
    <EntryCard title="Set up this hub" lead="Make the first admin. You can invite others later.">
      <form noValidate onSubmit={submit} className="space-y-4" aria-label="Set up">
        <Field label="Name" error={errors.name}>
          {(control) => <Input {...control} autoComplete="name" {...text("name")} />}
        </Field>
        <Field label="E-mail" error={errors.email} help="You sign in with it. The hub sends no mail.">
          {(control) => <Input {...control} type="email" autoComplete="username" {...text("email")} />}
        </Field>
        <Field label="Password" error={errors.password} help="At least 10 characters.">
          {(control) => <Input {...control} type="password" autoComplete="new-password" {...text("password")} />}
        </Field>
        {setUp.error ? <ErrorState error={setUp.error} /> : null}
        <Button
          type="submit"
          variant="primary"
          size="large"
          className="w-full"
          pending={setUp.isPending || setUp.isSuccess}
        >
          {setUp.isPending ? "Setting up…" : "Make the admin and sign in"}
        </Button>
      </form>
    </EntryCard>
  );
}
