"use client";
import { House, ListChecks, type LucideIcon, Server, SquareTerminal } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { classNames } from "../../ui/class-names.ts";
import { Logo } from "./logo.tsx";

const places: ReadonlyArray<{ href: string; word: string; icon: LucideIcon }> = [
  { href: "/", word: "Home", icon: House },
  { href: "/tasks", word: "Tasks", icon: ListChecks },
  { href: "/sessions", word: "Sessions", icon: SquareTerminal },
  { href: "/servers", word: "Servers", icon: Server },
];

const isHere = (path: string, href: string) =>
  href === "/" ? path === "/" : path === href || path.startsWith(`${href}/`);

/** The places of the app: a rail at the left of a desk, a bar at the bottom of a phone. */
export function Rail() {
  const path = usePathname();
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-30 flex border-t bg-surface pb-[env(safe-area-inset-bottom)] sm:inset-y-0 sm:right-auto sm:w-[76px] sm:flex-col sm:border-t-0 sm:border-r sm:pb-0"
    >
      <Link href="/" aria-label="Orchestratia, home" className="hidden h-12 items-center justify-center sm:flex">
        <Logo className="size-7" />
      </Link>
      <ul className="flex flex-1 sm:flex-none sm:flex-col sm:gap-1 sm:p-1.5">
        {places.map(({ href, word, icon: Icon }) => {
          const here = isHere(path, href);
          return (
            <li key={href} className="flex-1 sm:flex-none">
              <Link
                href={href}
                aria-current={here ? "page" : undefined}
                className={classNames(
                  "flex h-14 flex-col items-center justify-center gap-1 rounded-control text-xs transition-colors -outline-offset-2",
                  here ? "font-medium text-ink sm:bg-accent-wash" : "text-ink-soft hover:bg-hover hover:text-ink",
                )}
              >
                <Icon
                  aria-hidden
                  className={classNames("size-5", here && "text-accent")}
                  strokeWidth={here ? 2.2 : 1.8}
                />
                {word}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
