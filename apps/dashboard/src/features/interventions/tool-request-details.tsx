"use client";
import type { AskedTool } from "./tool-request.ts";

/** What an agent wants to do with a tool, nothing of it hidden. */
export function ToolRequestDetails({ asked }: { asked: AskedTool }) {
  const { main, rest, cwd, reason, hidden } = asked;
  return (
    <div className="mt-3 space-y-3">
      <Block {...main} strong />
      {cwd === undefined ? null : (
        <p className="text-xs wrap-anywhere text-ink-soft">
          In the folder <code className="font-mono">{cwd}</code>
        </p>
      )}
      {rest.map(({ label, text }) => (
        <Block key={label} label={label} text={text} />
      ))}
      {hidden > 0 ? (
        <p className="text-sm text-red">
          This is long: its last {hidden.toLocaleString("en")} characters are not shown.
        </p>
      ) : null}
      {reason === undefined ? null : <p className="text-sm break-words text-ink-soft">{reason}</p>}
    </div>
  );
}

const Block = ({ label, text, strong = false }: { label: string; text: string; strong?: boolean }) => (
  <figure className="space-y-1">
    <figcaption className="text-xs text-ink-soft">{label}</figcaption>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must reach it */}
    <section tabIndex={0} aria-label={label} className="max-h-64 overflow-auto rounded-control border bg-surface p-2.5">
      <pre
        data-testid={strong ? "wanted" : undefined}
        className={
          strong
            ? "font-mono text-sm wrap-anywhere whitespace-pre-wrap"
            : "font-mono text-xs wrap-anywhere whitespace-pre-wrap text-ink-soft"
        }
      >
        {text}
      </pre>
    </section>
  </figure>
);
