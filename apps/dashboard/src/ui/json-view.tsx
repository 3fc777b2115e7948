import { Fragment, type ReactNode } from "react";

const indent = "  ";

function leaf(value: unknown): ReactNode {
  if (typeof value === "string") return <span className="text-green">{JSON.stringify(value)}</span>;
  if (typeof value === "number") return <span className="text-blue">{String(value)}</span>;
  return <span className="text-violet">{String(value)}</span>;
}

function branch(value: unknown, depth: number): ReactNode {
  if (value === null || typeof value !== "object") return leaf(value);
  const list = Array.isArray(value);
  const entries = Object.entries(value);
  const [open, close] = list ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0) return `${open}${close}`;
  return (
    <>
      {open}
      {entries.map(([key, child], index) => (
        <Fragment key={key}>
          {`\n${indent.repeat(depth + 1)}`}
          {list ? null : (
            <>
              <span className="text-ink-soft">{JSON.stringify(key)}</span>
              {": "}
            </>
          )}
          {branch(child, depth + 1)}
          {index < entries.length - 1 ? "," : ""}
        </Fragment>
      ))}
      {`\n${indent.repeat(depth)}`}
      {close}
    </>
  );
}

/** Any JSON value, indented and coloured by kind. */
export const JsonView = ({ value, label }: { value: unknown; label: string }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must reach it
  <section tabIndex={0} aria-label={label} className="max-h-96 overflow-auto rounded-control border bg-sunken">
    <pre className="p-3 font-mono text-xs leading-5 whitespace-pre-wrap break-words">{branch(value, 0)}</pre>
  </section>
);
