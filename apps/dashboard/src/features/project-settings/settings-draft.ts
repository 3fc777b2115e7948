import { type Project, ProjectChanges, type ProjectSettings } from "@orchestratia/protocol/projects";
import type { z } from "zod";

/** What the form holds, as it was typed: numbers are text, and so is what may be empty. */
export type SettingsDraft = Omit<ProjectSettings, "max_attempts" | "default_agent" | "default_server_dir"> & {
  name: string;
  max_attempts: string;
  default_agent: string;
  default_server_dir: string;
};

/** What somebody has typed so far; all else is as the project has it now. */
export type Edits = Partial<SettingsDraft>;

export type DraftErrors = Readonly<Record<string, string>>;

export const draftOf = ({ name, settings }: Pick<Project, "name" | "settings">): SettingsDraft => ({
  ...settings,
  name,
  max_attempts: String(settings.max_attempts),
  default_agent: settings.default_agent ?? "",
  default_server_dir: settings.default_server_dir ?? "",
});

/** What is to be changed: nothing that was typed and taken back. */
export function changesOf(project: Pick<Project, "name" | "settings">, edits: Edits): z.input<typeof ProjectChanges> {
  const before = sent(draftOf(project));
  const after = sent({ ...draftOf(project), ...edits });
  const changed = Object.entries(after.settings).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(before.settings[key]),
  );
  return {
    ...(after.name !== before.name && { name: after.name }),
    ...(changed.length > 0 && { settings: Object.fromEntries(changed) }),
  };
}

function sent({ name, ...draft }: SettingsDraft): { name: string; settings: Record<string, unknown> } {
  const attempts = draft.max_attempts.trim();
  return {
    name: name.trim(),
    settings: {
      ...draft,
      grace: draft.grace.trim(),
      retention_recordings: draft.retention_recordings.trim(),
      keep_merged_worktrees: draft.keep_merged_worktrees.trim(),
      max_attempts: /^\d+$/.test(attempts) ? Number(attempts) : attempts,
      default_agent: draft.default_agent.trim() || null,
      default_server_dir: draft.default_server_dir.trim() || null,
      verify_commands: draft.verify_commands.map((command) => command.trim()).filter((command) => command !== ""),
    },
  };
}

/** Where the hub's own schema says nothing that helps. */
const SENTENCES: DraftErrors = {
  name: "Enter a name of at most 120 characters.",
  max_attempts: "Enter a whole number from 1 to 100.",
  default_agent: "Use at most 100 characters.",
  default_server_dir: "Use at most 1,000 characters.",
  verify_commands: "Use at most 20 commands of 4,000 characters.",
};

/** What is wrong, by field; empty when the hub takes the changes. */
export function draftErrors(changes: z.input<typeof ProjectChanges>): DraftErrors {
  const { error } = ProjectChanges.safeParse(changes);
  return errorsByField(error?.issues.map(({ path, message }) => ({ path: path.map(String), message })) ?? []);
}

/** What the hub found wrong with the fields of a form, where it said so. */
export function refusedFields(document: Readonly<Record<string, unknown>>): DraftErrors {
  const issues = Array.isArray(document.errors) ? document.errors : [];
  return errorsByField(
    issues.map(({ path, message }: { path?: unknown; message?: unknown }) => ({
      path: String(path).split("."),
      message: String(message),
    })),
  );
}

function errorsByField(issues: readonly { path: readonly string[]; message: string }[]): DraftErrors {
  const errors: Record<string, string> = {};
  for (const { path, message } of issues) {
    const field = path[0] === "settings" ? path[1] : path[0];
    if (field !== undefined) errors[field] ??= SENTENCES[field] ?? message;
  }
  return errors;
}
