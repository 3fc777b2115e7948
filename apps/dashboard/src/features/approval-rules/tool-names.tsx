"use client";
import { type ComponentProps, useId } from "react";
import { Input } from "../../ui/control.tsx";

/** The names that all agents share. */
const SHARED = ["Bash", "Read", "Write", "Edit", "Glob", "Grep", "WebFetch", "WebSearch", "Agent"];

type ToolNamesProps = { control: ComponentProps<"input">; value: string; onChange: (value: string) => void };

/** A tool's name, with those that all agents share to choose from. */
export function ToolNames({ control, value, onChange }: ToolNamesProps) {
  const list = useId();
  return (
    <>
      <Input
        {...control}
        list={list}
        className="font-mono"
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
      <datalist id={list}>
        {SHARED.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}
