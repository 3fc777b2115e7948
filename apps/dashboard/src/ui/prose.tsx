import { Fragment, type ReactNode } from "react";

type Block =
  | { kind: "heading" | "paragraph"; text: string }
  | { kind: "code"; text: string }
  | { kind: "list"; ordered: boolean; items: string[] };

const heading = /^#{1,6}\s+(.*)$/;
const bullet = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/;
const fence = /^\s*```/;

/** The part of Markdown that specs are made of. What is not understood stays readable text. */
export function readBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  let code: string[] | undefined;
  const push = (block: Block) => {
    blocks.push(block);
    open = block;
  };
  for (const line of text.split("\n")) {
    if (fence.test(line)) {
      if (code) {
        push({ kind: "code", text: code.join("\n") });
        open = undefined;
        code = undefined;
      } else code = [];
      continue;
    }
    if (code) {
      code.push(line);
      continue;
    }
    const title = heading.exec(line)?.[1];
    const item = bullet.exec(line);
    if (!line.trim()) open = undefined;
    else if (title !== undefined) {
      push({ kind: "heading", text: title });
      open = undefined;
    } else if (item) {
      const ordered = item[1] !== undefined;
      if (open?.kind === "list" && open.ordered === ordered) open.items.push(item[2] ?? "");
      else push({ kind: "list", ordered, items: [item[2] ?? ""] });
    } else if (open?.kind === "paragraph") open.text += ` ${line.trim()}`;
    else if (open?.kind === "list") open.items.push(`${open.items.pop()} ${line.trim()}`);
    else push({ kind: "paragraph", text: line });
  }
  if (code) blocks.push({ kind: "code", text: code.join("\n") });
  return blocks;
}

/** `code` and **strong** inside a line. */
const inline = (text: string): ReactNode =>
  text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part, index) => {
    const key = `${index}`;
    if (part.startsWith("`") && part.length > 2) {
      return (
        <code key={key} className="rounded-[4px] bg-sunken px-1 py-px font-mono text-[0.92em]">
          {part.slice(1, -1)}
        </code>
      );
    }
    if (part.startsWith("**") && part.length > 4) return <strong key={key}>{part.slice(2, -2)}</strong>;
    return <Fragment key={key}>{part}</Fragment>;
  });

function draw(block: Block): ReactNode {
  switch (block.kind) {
    case "heading":
      return <h3 className="pt-1 font-semibold">{inline(block.text)}</h3>;
    case "paragraph":
      return <p>{inline(block.text)}</p>;
    case "code":
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, and the keyboard must reach it
        <pre tabIndex={0} className="overflow-x-auto rounded-control border bg-sunken p-3 font-mono text-xs leading-5">
          {block.text}
        </pre>
      );
    case "list": {
      const List = block.ordered ? "ol" : "ul";
      return (
        <List className={`space-y-1 pl-5 marker:text-ink-faint ${block.ordered ? "list-decimal" : "list-disc"}`}>
          {block.items.map((item, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a parsed text has no other key, and never reorders
            <li key={index}>{inline(item)}</li>
          ))}
        </List>
      );
    }
  }
}

/** Markdown as a person wrote it. Nothing in it becomes markup of the page. */
export const Prose = ({ text }: { text: string }) => (
  <div className="max-w-[72ch] space-y-3 break-words">
    {readBlocks(text).map((block, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: a parsed text has no other key, and never reorders
      <Fragment key={index}>{draw(block)}</Fragment>
    ))}
  </div>
);
