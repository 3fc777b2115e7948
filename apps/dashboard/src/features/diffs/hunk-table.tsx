import { classNames } from "../../ui/class-names.ts";
import { type Hunk, type LineKind, readHunks } from "./read-hunks.ts";

/** A sign beside the colour, and a word for whoever hears it. */
const signs: Record<LineKind, { sign: string; word: string; look: string }> = {
  same: { sign: " ", word: "", look: "" },
  added: { sign: "+", word: "added", look: "bg-green/10" },
  removed: { sign: "−", word: "removed", look: "bg-red/10" },
  note: { sign: " ", word: "note", look: "text-ink-soft italic" },
};

const number = "w-px border-r pr-2 pl-2 text-right text-ink-soft tabular-nums select-none";

const HunkRows = ({ hunk }: { hunk: Hunk }) => (
  <tbody>
    <tr className="bg-sunken text-ink-soft">
      <th colSpan={4} scope="rowgroup" className="px-3 py-1 text-left font-normal whitespace-pre">
        {hunk.heading}
      </th>
    </tr>
    {hunk.lines.map(({ kind, text, before, after }, at) => {
      const { sign, word, look } = signs[kind];
      return (
        // biome-ignore lint/suspicious/noArrayIndexKey: a hunk never changes, and its lines have no other name
        <tr key={at} data-line={kind} className={look}>
          <td className={number}>{before}</td>
          <td className={number}>{after}</td>
          <td className="w-px px-2 select-none">
            <span aria-hidden className={classNames("font-semibold", kind === "same" && "invisible")}>
              {sign}
            </span>
            {word ? <span className="sr-only">{word}</span> : null}
          </td>
          <td className="pr-3 whitespace-pre [tab-size:4]">{text}</td>
        </tr>
      );
    })}
  </tbody>
);

/** The changed lines of a file, each with its numbers before and after. Long lines are scrolled in their own box. */
export function HunkTable({ path, hunks }: { path: string; hunks: string }) {
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must reach it
      tabIndex={0}
      aria-label={`Changes in ${path}`}
      className="overflow-x-auto -outline-offset-2"
    >
      <table className="min-w-full border-collapse font-mono text-xs leading-5">
        <thead className="sr-only">
          <tr>
            <th scope="col">Line before</th>
            <th scope="col">Line after</th>
            <th scope="col">Change</th>
            <th scope="col">Text</th>
          </tr>
        </thead>
        {readHunks(hunks).map((hunk) => (
          <HunkRows key={hunk.heading} hunk={hunk} />
        ))}
      </table>
    </section>
  );
}
