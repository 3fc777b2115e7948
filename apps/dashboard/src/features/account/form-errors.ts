import type { FormEvent } from "react";

type Rule = (value: string) => string | undefined;

export const required =
  (what: string): Rule =>
  (value) =>
    value.trim() ? undefined : `Enter ${what}.`;

export const emailRule: Rule = (value) =>
  /^\S+@\S+\.\S+$/.test(value.trim()) ? undefined : "Enter an e-mail address, such as ada@example.com.";

export const newPasswordRule: Rule = (value) => (value.length >= 10 ? undefined : "Use at least 10 characters.");

/** The first complaint per field. */
export function check<Name extends string>(
  values: Record<Name, string>,
  rules: Record<Name, Rule>,
): Partial<Record<Name, string>> {
  const errors: Partial<Record<Name, string>> = {};
  for (const name of Object.keys(rules) as Name[]) {
    const error = rules[name](values[name]);
    if (error) errors[name] = error;
  }
  return errors;
}

/** Moves the focus to the first field that is wrong, once React has marked it. */
export function focusFirstProblem(event: FormEvent<HTMLFormElement>): void {
  const form = event.currentTarget;
  requestAnimationFrame(() => form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
}
