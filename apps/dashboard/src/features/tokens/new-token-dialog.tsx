"use client";
import type { NewAccessToken } from "@orchestratia/protocol/access-tokens";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Input, Select } from "../../ui/control.tsx";
import { CopyField } from "../../ui/copy-field.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { focusFirstProblem, required } from "../account/form-errors.ts";
import { ProjectChoice } from "./project-choice.tsx";
import { makeToken } from "./token-queries.ts";
import { tokenReach } from "./token-words.ts";

const lifetimes = [7, 30, 90, 180, 365];
const nameRule = required("what the token is for");

/** Makes a token and shows it once. */
export function NewTokenDialog({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const [values, setValues] = useState<NewAccessToken>({
    name: "",
    scope: "read",
    projects: null,
    expires_in_days: 90,
  });
  const [errors, setErrors] = useState<{ name?: string | undefined; projects?: string | undefined }>({});
  const make = useMutation({ mutationFn: () => makeToken(queries, values) });
  const change = (changes: Partial<NewAccessToken>) => setValues({ ...values, ...changes });

  return (
    <Dialog
      title={make.data ? "Your new token" : "New access token"}
      description={
        make.data
          ? `${make.data.name}. ${tokenReach(make.data)}.`
          : "A program that has it works here in your name, and never opens more than you may at that moment."
      }
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
    >
      {make.data ? (
        <div className="space-y-4" data-testid="new-token">
          <CopyField label="Token" text={make.data.token} />
          <p className="text-sm text-ink-soft">
            It is not shown again. Programs send it as{" "}
            <code className="font-mono text-xs">Authorization: Bearer …</code>.
          </p>
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
            const found = {
              name: nameRule(values.name),
              projects: values.projects?.length === 0 ? "Choose at least one project." : undefined,
            };
            setErrors(found);
            if (found.name || found.projects) focusFirstProblem(event);
            else make.mutate();
          }}
        >
          <Field label="Name" error={errors.name} help="What it is for, such as Nightly build.">
            {(control) => (
              <Input
                {...control}
                autoComplete="off"
                maxLength={120}
                value={values.name}
                onChange={(event) => change({ name: event.target.value })}
              />
            )}
          </Field>
          <div className="grid gap-4 sm:grid-cols-2">
            <Field label="It may" help={values.scope === "read" ? "It changes nothing." : "Whatever you may."}>
              {(control) => (
                <Select
                  {...control}
                  value={values.scope}
                  onChange={(event) => change({ scope: event.target.value === "write" ? "write" : "read" })}
                >
                  <option value="read">Read</option>
                  <option value="write">Read and write</option>
                </Select>
              )}
            </Field>
            <Field label="It ends after" help="You can revoke it before.">
              {(control) => (
                <Select
                  {...control}
                  value={values.expires_in_days}
                  onChange={(event) => change({ expires_in_days: Number(event.target.value) })}
                >
                  {lifetimes.map((days) => (
                    <option key={days} value={days}>
                      {days === 365 ? "A year" : `${days} days`}
                    </option>
                  ))}
                </Select>
              )}
            </Field>
          </div>
          <ProjectChoice
            chosen={values.projects ?? null}
            error={errors.projects}
            onChange={(projects) => change({ projects })}
          />
          {make.error ? <ErrorState error={make.error} /> : null}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" pending={make.isPending}>
              Make the token
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
