import { Button } from "../../ui/button.tsx";

/** What somebody else made of a field while it was edited here, and the way to take it instead of one's own. */
export const TheirChange = ({
  theirs,
  isMine,
  onTake,
}: {
  theirs: string;
  /** The field holds something else than theirs. */
  isMine: boolean;
  onTake: () => void;
}) => (
  <div className="space-y-2 border-l-2 border-attention-line pl-3 text-sm" data-testid="their-change">
    <p className="text-xs text-ink-soft">{isMine ? "Theirs" : "Changed by them, and taken over above"}</p>
    {isMine ? (
      <>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must reach it */}
        <section tabIndex={0} aria-label="Theirs" className="max-h-40 overflow-auto rounded-control bg-sunken p-2">
          <p className="break-words whitespace-pre-wrap">{theirs || "Nothing"}</p>
        </section>
        <Button onClick={onTake}>Take theirs</Button>
      </>
    ) : null}
  </div>
);
