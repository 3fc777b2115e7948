"use client";
import { RefusedError } from "@orchestratia/client/http";
import type { Project } from "@orchestratia/protocol/projects";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Input } from "../../ui/control.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Field } from "../../ui/field.tsx";
import { changeProject } from "./project-settings-queries.ts";
import { SettingField } from "./setting-field.tsx";
import { SETTING_GROUPS } from "./setting-words.ts";
import { changesOf, type DraftErrors, draftErrors, draftOf, type Edits, refusedFields } from "./settings-draft.ts";

/** Saves only what was changed here: what somebody else has changed meanwhile stays, and shows as soon as it is known. */
export function ProjectSettingsForm({ project }: { project: Project }) {
  const queries = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const [edits, setEdits] = useState<Edits>({});
  const [errors, setErrors] = useState<DraftErrors>({});
  const draft = { ...draftOf(project), ...edits };
  const changes = changesOf(project, edits);
  const isChanged = Object.keys(changes).length > 0;
  const complain = (found: DraftErrors) => {
    setErrors(found);
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
  };
  const save = useMutation({
    mutationFn: (sent: Edits) => changeProject(queries, project, changesOf(project, sent)),
    onSuccess: (_, sent) => setEdits((edits) => without(edits, sent)),
    onError: (error) => (error instanceof RefusedError ? complain(refusedFields(error.document)) : undefined),
  });
  const change = (more: Edits) => {
    setEdits((edits) => ({ ...edits, ...more }));
    setErrors((errors) => Object.fromEntries(Object.entries(errors).filter(([field]) => !(field in more))));
    save.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = draftErrors(changes);
    if (Object.keys(found).length > 0) complain(found);
    else if (isChanged) save.mutate(edits);
  };

  return (
    <form ref={form} noValidate onSubmit={submit} className="space-y-5">
      <Card title="Project">
        <Field label="Name" help={`Its key stays ${project.key}.`} error={errors.name}>
          {(control) => (
            <Input
              {...control}
              className="max-w-sm"
              autoComplete="off"
              value={draft.name}
              onChange={({ target }) => change({ name: target.value })}
            />
          )}
        </Field>
      </Card>
      {SETTING_GROUPS.map(({ title, settings }) => (
        <Card key={title} title={title} bodyClassName="space-y-5">
          {settings.map((setting) => (
            <SettingField
              key={setting.name}
              setting={setting}
              draft={draft}
              error={errors[setting.name]}
              change={change}
            />
          ))}
        </Card>
      ))}
      {save.error ? <ErrorState error={save.error} /> : null}
      <div className="sticky bottom-14 z-10 flex flex-wrap items-center justify-end gap-2 border-t bg-page py-3 sm:bottom-0">
        <p role="status" className="mr-auto text-sm text-ink-soft">
          {save.isSuccess && !isChanged ? "Saved" : ""}
          {isChanged ? "Not saved yet" : ""}
        </p>
        {isChanged ? (
          <Button
            disabled={save.isPending}
            onClick={() => {
              setEdits({});
              setErrors({});
              save.reset();
            }}
          >
            Discard
          </Button>
        ) : null}
        <Button type="submit" variant="primary" disabled={!isChanged} pending={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}

/** What was typed since. */
const without = (edits: Edits, sent: Edits): Edits =>
  Object.fromEntries(Object.entries(edits).filter(([field, value]) => sent[field as keyof Edits] !== value));
