"use client";
import { LogOut, Settings, UserRound } from "lucide-react";
import Link from "next/link";
import { useTheme } from "next-themes";
import { useId, useRef } from "react";
import { Button } from "../../ui/button.tsx";

const themes = [
  { value: "system", word: "Like the system" },
  { value: "light", word: "Light" },
  { value: "dark", word: "Dark" },
];

/** Who is signed in, how the page looks, and the way out. The browser's own popover: no library is loaded for it. */
export function AccountMenu({ name, email, onSignOut }: { name: string; email: string; onSignOut: () => void }) {
  const panel = useId();
  const box = useRef<HTMLDivElement>(null);
  const { theme = "system", setTheme } = useTheme();
  return (
    <>
      <Button variant="ghost" aria-label={`Account of ${name}`} popoverTarget={panel}>
        <UserRound aria-hidden />
        <span className="hidden max-w-32 truncate md:inline">{name}</span>
      </Button>
      <div
        ref={box}
        id={panel}
        popover="auto"
        role="dialog"
        aria-label="Account"
        className="fixed inset-auto top-13 right-3 m-0 w-60 rounded-card border bg-surface p-1.5 text-ink shadow-float open:animate-rise"
      >
        <div className="border-b px-2 pt-1 pb-2.5">
          <p className="truncate text-sm font-medium">{name}</p>
          <p className="truncate text-xs text-ink-faint">{email}</p>
        </div>
        <fieldset className="border-b py-2">
          <legend className="float-left w-full px-2 pb-1 text-xs text-ink-faint">Appearance</legend>
          {themes.map(({ value, word }) => (
            <label
              key={value}
              className="clear-both flex h-8 items-center gap-2 rounded-control px-2 text-sm hover:bg-hover touch:h-11"
            >
              <input
                type="radio"
                name={`${panel}-theme`}
                className="size-4 accent-(--accent)"
                checked={theme === value}
                onChange={() => setTheme(value)}
              />
              {word}
            </label>
          ))}
        </fieldset>
        <Button asChild variant="ghost" className="mt-1.5 w-full justify-start px-2 touch:px-2">
          <Link href="/settings" onClick={() => box.current?.hidePopover()}>
            <Settings aria-hidden />
            Settings
          </Link>
        </Button>
        <Button variant="ghost" className="w-full justify-start px-2 touch:px-2" onClick={onSignOut}>
          <LogOut aria-hidden />
          Sign out
        </Button>
      </div>
    </>
  );
}
