"use client";
import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { Button } from "./button.tsx";

/** The clipboard API needs a secure origin, which a hub on plain http in a LAN is not, and the browser's leave. */
async function copyText(text: string, source: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (source) window.getSelection()?.selectAllChildren(source);
    return document.execCommand("copy");
  }
}

/** A line to paste elsewhere, with the button that copies it. */
export function CopyField({ label, text }: { label: string; text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (button: HTMLButtonElement) => {
    const line = button.parentElement?.querySelector("code") ?? null;
    setCopied(await copyText(text, line));
  };
  return (
    <fieldset className="space-y-1.5">
      <legend className="text-sm font-medium">{label}</legend>
      <div className="flex items-stretch gap-2">
        <code className="min-w-0 flex-1 rounded-control border bg-sunken px-2.5 py-2 font-mono text-xs break-all select-all">
          {text}
        </code>
        <Button
          onClick={(event) => void copy(event.currentTarget)}
          className="h-auto touch:h-auto touch:min-h-11"
          aria-label={`Copy ${label.toLowerCase()}`}
        >
          {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
          {copied ? "Copied" : "Copy"}
        </Button>
      </div>
      <p role="status" className="sr-only">
        {copied ? "Copied" : ""}
      </p>
    </fieldset>
  );
}
