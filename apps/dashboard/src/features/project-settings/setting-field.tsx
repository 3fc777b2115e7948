"use client";
import { Input, Select } from "../../ui/control.tsx";
import { Field } from "../../ui/field.tsx";
import { CommandsField } from "./commands-field.tsx";
import { defaultWords, type Setting } from "./setting-words.ts";
import type { Edits, SettingsDraft } from "./settings-draft.ts";

type SettingFieldProps = {
  setting: Setting;
  draft: SettingsDraft;
  error: string | undefined;
  change: (edits: Edits) => void;
};

/** One setting with what it does and what holds without it. */
export function SettingField({ setting, draft, error, change }: SettingFieldProps) {
  const { name, label, options } = setting;
  const value = draft[name];
  const help = <SettingHelp setting={setting} />;
  if (typeof value === "boolean") {
    return (
      <label className="flex items-start gap-2 text-sm touch:min-h-11">
        <input
          type="checkbox"
          className="mt-0.5 size-4 shrink-0 accent-(--accent)"
          checked={value}
          onChange={({ target }) => change({ [name]: target.checked })}
        />
        <span>
          <span className="font-medium">{label}</span>
          <span className="mt-1 block text-xs text-ink-faint">{help}</span>
        </span>
      </label>
    );
  }
  if (Array.isArray(value)) {
    return (
      <CommandsField
        label={label}
        help={help}
        error={error}
        commands={value}
        onChange={(it) => change({ [name]: it })}
      />
    );
  }
  return (
    <Field label={label} help={help} error={error}>
      {(control) =>
        options ? (
          <Select
            {...control}
            className="max-w-sm"
            value={value}
            onChange={({ target }) => change({ [name]: target.value })}
          >
            {Object.entries(options).map(([option, words]) => (
              <option key={option} value={option}>
                {words}
              </option>
            ))}
          </Select>
        ) : (
          <Input
            {...control}
            className="max-w-sm"
            autoComplete="off"
            spellCheck={false}
            value={value}
            onChange={({ target }) => change({ [name]: target.value })}
          />
        )
      }
    </Field>
  );
}

const SettingHelp = ({ setting }: { setting: Setting }) => (
  <>
    {setting.help} <span className="whitespace-nowrap">Default:</span> {defaultWords(setting)}.
  </>
);
