"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Input } from "../../ui/control.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { meQuery } from "./account-queries.ts";
import { check, focusFirstProblem, newPasswordRule, required } from "./form-errors.ts";
import { changeMyPassword } from "./own-account-queries.ts";
import { passwordHelp } from "./password-help.ts";

const empty = { old_password: "", password: "" };
const rules = { old_password: required("the password that you have now"), password: newPasswordRule };

const done = (ended: number): string => {
  if (ended === 0) return "Your password is changed.";
  return `Your password is changed, and ${ended === 1 ? "one other sign-in has" : `${ended} other sign-ins have`} ended.`;
};

export function PasswordCard() {
  const queries = useQueryClient();
  const email = useQuery(meQuery).data?.user.email;
  const [values, setValues] = useState(empty);
  const [errors, setErrors] = useState<Partial<typeof values>>({});
  const change = useMutation({
    mutationFn: () => changeMyPassword(queries, values),
    onSuccess: () => setValues(empty),
  });

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const found = check(values, rules);
    setErrors(found);
    if (Object.keys(found).length > 0) focusFirstProblem(event);
    else change.mutate();
  };
  const text = (name: keyof typeof values) => ({
    type: "password",
    value: values[name],
    onChange: (event: { target: { value: string } }) => {
      setValues({ ...values, [name]: event.target.value });
      change.reset();
    },
  });

  return (
    <Card title="Password">
      <form noValidate onSubmit={submit} className="max-w-md space-y-4" aria-label="Change your password">
        {/* Password stores learn from it whose password this is. */}
        <input type="hidden" autoComplete="username" value={email ?? ""} readOnly />
        <Field label="Password now" error={errors.old_password}>
          {(control) => <Input {...control} autoComplete="current-password" {...text("old_password")} />}
        </Field>
        <Field label="New password" error={errors.password} help={passwordHelp}>
          {(control) => <Input {...control} autoComplete="new-password" {...text("password")} />}
        </Field>
        {change.error ? <ErrorState error={change.error} /> : null}
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" pending={change.isPending}>
            Change password
          </Button>
          <p role="status" className="min-w-0 flex-1 text-sm text-ink-soft">
            {change.isSuccess ? done(change.data) : "It signs you out everywhere but here."}
          </p>
        </div>
      </form>
    </Card>
  );
}
