import Link from "next/link";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";

export default function NotFound() {
  return (
    <main className="grid min-h-dvh place-items-center">
      <EmptyState
        wholePage
        title="There is nothing at this address"
        action={
          <Button asChild>
            <Link href="/">Go home</Link>
          </Button>
        }
      >
        The link may be old, or the address mistyped.
      </EmptyState>
    </main>
  );
}
