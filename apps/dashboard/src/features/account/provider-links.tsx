"use client";
import { useQuery } from "@tanstack/react-query";
import { Button } from "../../ui/button.tsx";
import { signInProvidersQuery } from "./provider-queries.ts";

type ProviderLinksProps = {
  /** Where to go on afterwards; a path of this hub. */
  next: string;
  /** The token of the invitation that is to be accepted on the way. */
  invitation?: string;
  /** Before the provider's name: "Continue with". */
  word: string;
};

/** The ways in without a password. Plain links: a page must not fetch them, only the browser may go there. */
export function ProviderLinks({ next, invitation, word }: ProviderLinksProps) {
  const providers = useQuery(signInProvidersQuery).data ?? [];
  if (providers.length === 0) return null;
  const query = new URLSearchParams({ next, ...(invitation === undefined ? {} : { invitation }) });
  return (
    <div className="mt-5">
      <p className="mb-4 flex items-center gap-3 text-xs text-ink-faint before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        or
      </p>
      <ul aria-label="Other ways in" className="space-y-2">
        {providers.map(({ id, name }) => (
          <li key={id}>
            <Button asChild size="large" className="w-full">
              <a href={`/api/v1/auth/oauth/${encodeURIComponent(id)}/start?${query}`}>
                {word} {name}
              </a>
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}
