"use client";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { classNames } from "../../ui/class-names.ts";
import { Page } from "../../ui/page.tsx";

const tabs = [
  { href: "/settings", word: "Account" },
  { href: "/settings/people", word: "People" },
  { href: "/settings/project", word: "Project" },
  { href: "/settings/work", word: "Work" },
  { href: "/settings/rules", word: "Rules" },
  { href: "/settings/sign-in", word: "Sign-in" },
];

/** The title that all settings share, and the way from one of them to the others. */
export function SettingsFrame({ children }: { children: ReactNode }) {
  const path = usePathname();
  return (
    <Page title="Settings" className="max-w-4xl">
      <nav aria-label="Settings" className="-mt-2 mb-5 border-b">
        <ul className="-mb-px flex gap-1 overflow-x-auto">
          {tabs.map(({ href, word }) => {
            const here = path === href;
            return (
              <li key={href}>
                <Link
                  href={href}
                  aria-current={here ? "page" : undefined}
                  className={classNames(
                    "flex h-10 items-center border-b-2 px-3 text-sm whitespace-nowrap transition-colors -outline-offset-2 touch:h-11",
                    here
                      ? "border-accent font-medium text-ink"
                      : "border-transparent text-ink-soft hover:border-line-strong hover:text-ink",
                  )}
                >
                  {word}
                </Link>
              </li>
            );
          })}
        </ul>
      </nav>
      {children}
    </Page>
  );
}
