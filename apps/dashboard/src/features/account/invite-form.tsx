"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input } from "../../ui/control.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { EntryCard } from "./entry-card.tsx";
import { check, emailRule, focusFirstProblem, newPasswordRule, required } from "./form-errors.ts";
import { acceptWith, type Offer } from "./link-queries.ts";
import { offerWords } from "./offer-words.ts";
import { passwordHelp } from "./password-help.ts";
import { ProviderLinks } from "./provider-links.tsx";

const rules = { name: required("your name"), email: emailRule, password: newPasswordRule };

type InviteFormProps = {
  token: string;
  offer: Offer;
  /** Called with the offer while it is taken, and with null when that was refused. */
  onTaking: (offer: Offer | null) => void;
};

/** Makes the account that the invitation offers. */
export function InviteForm({ token, offer, onTaking }: InviteFormProps) {
  const queries = useQueryClient();
  const router = useRouter();
  const [values, setValues] = useState({ name: "", email: offer.email ?? "", password: "" });
  const [errors, setErrors] = useState<Partial<typeof values>>({});
  const accept = useMutation({
    mutationFn: () => {
      const { email, ...guest } = values;
      return acceptWith(queries, { token, ...guest, ...(offer.email === null ? { email: email.trim() } : {}) }, offer);
    },
    onMutate: () => onTaking(offer),
    onError: () => onTaking(null),
    // replace, so that the link with its token does not stay in the history.
    onSuccess: () => router.replace("/"),
  });

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const found = check(values, rules);
    setErrors(found);
    if (Object.keys(found).length > 0) focusFirstProblem(event);
    else accept.mutate();
  };
  const text = (name: keyof typeof values) => ({
    value: values[name],
    onChange: (event: { target: { value: string } }) => setValues({ ...values, [name]: event.target.value }),
    onBlur: () => {
      if (values[name]) setErrors({ ...errors, [name]: rules[name](values[name]) });
    },
  });

  return (
    <EntryCard title="You are invited" lead={`${offer.invited_by} invites you ${offerWords(offer)}.`}>
      <form noValidate onSubmit={submit} className="space-y-4" aria-label="Make your account">
        <Field label="Name" error={errors.name}>
          {(control) => <Input {...control} autoComplete="name" maxLength={120} {...text("name")} />}
        </Field>
        <Field
          label="E-mail"
          error={errors.email}
          help={
            offer.email === null ? "You sign in with it. The hub sends no mail." : "The invitation is for this address."
          }
        >
          {(control) => (
            <Input
              {...control}
              type="email"
              autoComplete="username"
              readOnly={offer.email !== null}
              className="read-only:bg-sunken"
              {...text("email")}
            />
          )}
        </Field>
        <Field label="Password" error={errors.password} help={passwordHelp}>
          {(control) => <Input {...control} type="password" autoComplete="new-password" {...text("password")} />}
        </Field>
        {accept.error ? <ErrorState error={accept.error} /> : null}
        <Button
          type="submit"
          variant="primary"
          size="large"
          className="w-full"
          pending={accept.isPending || accept.isSuccess}
        >
          {accept.isPending ? "Making your account…" : "Make your account and sign in"}
        </Button>
      </form>
      <ProviderLinks next="/" invitation={token} word="Continue with" />
      <p className="mt-5 text-sm text-ink-soft">
        You have an account here?{" "}
        <Link
          className="text-accent underline underline-offset-2 touch:inline-block touch:py-2.5"
          href={`/login?next=${encodeURIComponent(`/invite?token=${encodeURIComponent(token)}`)}`}
        >
          Sign in and join with it
        </Link>
      </p>
    </EntryCard>
  );
}
