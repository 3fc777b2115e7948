import { CircleAlert } from "lucide-react";
import { Button } from "./button.tsx";
import { classNames } from "./class-names.ts";

const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What went wrong in the hub's own sentence, beside what it happened to. */
export function ErrorState({
  error,
  onRetry,
  className,
}: {
  error: unknown;
  onRetry?: () => void;
  className?: string;
}) {
  return (
    <div
      role="alert"
      className={classNames(
        "flex flex-wrap items-center gap-3 rounded-control bg-danger-wash px-3 py-2 text-sm",
        className,
      )}
    >
      <CircleAlert aria-hidden className="size-4 shrink-0 text-red" />
      <p className="min-w-0 flex-1 break-words">{sentence(error)}</p>
      {onRetry ? <Button onClick={onRetry}>Try again</Button> : null}
    </div>
  );
}
