"use client";
import type { OauthKind, OauthProvider } from "@orchestratia/protocol/oauth";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input, Select } from "../../ui/control.tsx";
import { CopyField } from "../../ui/copy-field.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { focusFirstProblem } from "../account/form-errors.ts";
import { addProvider, changeProvider } from "./provider-admin-queries.ts";
import {
  changesOf,
  type DraftErrors,
  draftErrors,
  draftOf,
  NEW_DRAFT,
  newProviderOf,
  type ProviderDraft,
  withKind,
} from "./provider-draft.ts";

type ProviderDialogProps = {
  /** The one to change; without it a new one is made. */
  provider?: OauthProvider | undefined;
  onClose: () => void;
};

/** How people sign in with a provider. Its secret goes in and never comes out. */
export function ProviderDialog({ provider, onClose }: ProviderDialogProps) {
  const queries = useQueryClient();
  const isNew = provider === undefined;
  const [draft, setDraft] = useState<ProviderDraft>(provider ? draftOf(provider) : NEW_DRAFT);
  const [errors, setErrors] = useState<DraftErrors>({});
  const save = useMutation({
    mutationFn: async () => {
      if (isNew) return addProvider(queries, newProviderOf(draft));
      await changeProvider(queries, provider.id, changesOf(draft));
      onClose();
      return undefined;
    },
  });
  const change = (changes: Partial<ProviderDraft>) => setDraft({ ...draft, ...changes });

  return (
    <Dialog
      title={save.data ? "One step is left" : isNew ? "New sign-in provider" : `Change ${provider.name}`}
      description={
        save.data
          ? "Enter this address at the provider as the redirect address of the client."
          : "Register a client (web application) at the provider first; it gives you the id and the secret."
      }
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
    >
      {save.data ? (
        <div className="space-y-4">
          <CopyField label="Redirect address" text={save.data.callback_url} />
          <div className="flex justify-end">
            <Button variant="primary" onClick={onClose}>
              Done
            </Button>
          </div>
        </div>
      ) : (
        <form
          noValidate
          className="space-y-4"
          onSubmit={(event) => {
            event.preventDefault();
            const found = draftErrors(draft, isNew);
            setErrors(found);
            if (Object.keys(found).length > 0) focusFirstProblem(event);
            else save.mutate();
          }}
        >
          {isNew ? (
            <div className="grid gap-4 sm:grid-cols-2">
              <Field label="Kind">
                {(control) => (
                  <Select
                    {...control}
                    value={draft.kind}
                    onChange={(event) => setDraft(withKind(draft, event.target.value as OauthKind))}
                  >
                    <option value="google">Google</option>
                    <option value="github">GitHub</option>
                    <option value="oidc">OpenID Connect</option>
                  </Select>
                )}
              </Field>
              <Field label="Id" error={errors.id} help="Part of the redirect address.">
                {(control) => (
                  <Input {...control} value={draft.id} onChange={(event) => change({ id: event.target.value })} />
                )}
              </Field>
            </div>
          ) : null}
          {isNew && draft.kind !== "google" ? (
            <Field
              label="Issuer"
              error={errors.issuer}
              help={draft.kind === "github" ? "Of GitHub Enterprise only; empty for github.com." : undefined}
            >
              {(control) => (
                <Input
                  {...control}
                  inputMode="url"
                  placeholder="https://id.example.org"
                  value={draft.issuer}
                  onChange={(event) => change({ issuer: event.target.value })}
                />
              )}
            </Field>
          ) : null}
          <Field label="Name" help="What the button of the sign-in page says; empty for the usual one.">
            {(control) => (
              <Input
                {...control}
                maxLength={60}
                value={draft.name}
                onChange={(event) => change({ name: event.target.value })}
              />
            )}
          </Field>
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label="Client id" error={errors.client_id}>
              {(control) => (
                <Input
                  {...control}
                  autoComplete="off"
                  value={draft.client_id}
                  onChange={(event) => change({ client_id: event.target.value })}
                />
              )}
            </Field>
            <Field
              label="Client secret"
              error={errors.client_secret}
              help={isNew ? undefined : "Leave it empty to keep the one there is."}
            >
              {(control) => (
                <Input
                  {...control}
                  type="password"
                  autoComplete="off"
                  value={draft.client_secret}
                  onChange={(event) => change({ client_secret: event.target.value })}
                />
              )}
            </Field>
          </div>
          <Field
            label="Domains"
            error={errors.domains}
            help="Whoever has a verified address in one of these gets an account as a viewer. Empty: only whoever is invited."
          >
            {(control) => (
              <Input
                {...control}
                placeholder="example.org"
                value={draft.domains}
                onChange={(event) => change({ domains: event.target.value })}
              />
            )}
          </Field>
          <Choice
            checked={draft.link_verified_email}
            onChange={(link_verified_email) => change({ link_verified_email })}
            label="A verified address is enough"
            help="Whoever has it there signs in as the account with that address here, admins' too. Only for a provider that you trust with every account."
          />
          <Choice
            checked={draft.enabled}
            onChange={(enabled) => change({ enabled })}
            label="People may sign in with it"
          />
          {save.error ? <ErrorState error={save.error} /> : null}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" pending={save.isPending}>
              {isNew ? "Add the provider" : "Save"}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

type ChoiceProps = { checked: boolean; onChange: (checked: boolean) => void; label: string; help?: string };

function Choice({ checked, onChange, label, help }: ChoiceProps) {
  return (
    <label className="flex items-start gap-2 text-sm">
      <input
        type="checkbox"
        className="mt-0.5 size-4 shrink-0 accent-(--accent)"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span>
        {label}
        {help ? <span className="block text-xs text-ink-soft">{help}</span> : null}
      </span>
    </label>
  );
}
