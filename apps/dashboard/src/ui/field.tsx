import { type ReactNode, useId } from "react";

type Control = { id: string; "aria-describedby"?: string; "aria-invalid"?: true };

type FieldProps = {
  label: string;
  help?: ReactNode;
  error?: string | undefined;
  /** Receives the attributes that tie the control to its label, help and error. */
  children: (control: Control) => ReactNode;
};

/** Label above, help below; an error takes the place of the help. */
export function Field({ label, help, error, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const note = error ?? help;
  return (
    <div className="space-y-1.5">
      <label htmlFor={id} className="block text-sm font-medium">
        {label}
      </label>
      {children({
        id,
        ...(note ? { "aria-describedby": noteId } : {}),
        ...(error ? { "aria-invalid": true as const } : {}),
      })}
      {note ? (
        <p
          id={noteId}
          role={error ? "alert" : undefined}
          className={error ? "text-sm text-red" : "text-xs text-ink-faint"}
        >
          {note}
        </p>
      ) : null}
    </div>
  );
}
