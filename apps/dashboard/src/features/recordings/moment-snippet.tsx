import type { RecordingMoment } from "@orchestratia/protocol/recordings";

/** What was printed at a moment, with what was asked for marked. */
export function MomentSnippet({ parts }: { parts: RecordingMoment["snippet"] }) {
  // Each part is known by the place where it begins, which no other part has.
  let from = 0;
  return parts.map(({ text, match }) => {
    const at = from;
    from += text.length;
    return match ? (
      <mark key={at} className="bg-attention-wash text-ink">
        {text}
      </mark>
    ) : (
      <span key={at}>{text}</span>
    );
  });
}
