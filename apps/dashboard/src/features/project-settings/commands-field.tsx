"use client";
import { type ReactNode, useId, useRef } from "react";
import { Button } from "../../ui/button.tsx";
import { Textarea } from "../../ui/control.tsx";

type CommandsFieldProps = {
  label: string;
  help: ReactNode;
  error: string | undefined;
  commands: readonly string[];
  onChange: (commands: string[]) => void;
};

/** Commands in the order in which they run; each may have several lines. */
export function CommandsField({ label, help, error, commands, onChange }: CommandsFieldProps) {
  const id = useId();
  const list = useRef<HTMLOListElement>(null);
  const replace = (place: number, ...by: string[]) => onChange(commands.toSpliced(place, 1, ...by));
  const focusOn = (place: number) =>
    requestAnimationFrame(() => {
      const fields = list.current?.querySelectorAll("textarea");
      (fields?.[Math.min(place, fields.length - 1)] ?? document.getElementById(`${id}-add`))?.focus();
    });
  return (
    <fieldset aria-describedby={`${id}-note`} className="space-y-2">
      <legend className="text-sm font-medium">{label}</legend>
      {commands.length > 0 ? (
        <ol ref={list} className="space-y-2">
          {commands.map((command, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a command has no name but its place
            <li key={place} className="flex items-start gap-2">
              <Textarea
                aria-label={`Command ${place + 1}`}
                aria-invalid={error ? true : undefined}
                rows={command.split("\n").length}
                className="min-h-8 resize-none py-1.5 font-mono touch:min-h-11 touch:py-2.5"
                autoComplete="off"
                spellCheck={false}
                value={command}
                onChange={({ target }) => replace(place, target.value)}
              />
              <Button
                onClick={() => {
                  replace(place);
                  focusOn(place);
                }}
              >
                Remove<span className="sr-only"> command {place + 1}</span>
              </Button>
            </li>
          ))}
        </ol>
      ) : null}
      <Button
        id={`${id}-add`}
        onClick={() => {
          onChange([...commands, ""]);
          focusOn(commands.length);
        }}
      >
        Add a command
      </Button>
      <p
        id={`${id}-note`}
        role={error ? "alert" : undefined}
        className={error ? "text-sm text-red" : "text-xs text-ink-faint"}
      >
        {error ?? help}
      </p>
    </fieldset>
  );
}
