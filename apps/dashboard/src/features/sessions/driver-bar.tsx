"use client";
import { useQuery } from "@tanstack/react-query";
import { Button } from "../../ui/button.tsx";
import { meQuery } from "../account/account-queries.ts";

export type Driver = { user: string | null; you: boolean };

function words({ user, you }: Driver, me: string | undefined, mayType: boolean): string {
  if (you) return "You type";
  if (user === null) return mayType ? "Nobody types; whoever begins to has the keyboard" : "Nobody types";
  return user === me ? "You type in another window" : `${user} types`;
}

/** Who types into the terminal, and how to change that. */
export function DriverBar({
  driver,
  mayType,
  onTakeOver,
  onRelease,
}: {
  driver: Driver;
  mayType: boolean;
  onTakeOver: () => void;
  onRelease: () => void;
}) {
  const me = useQuery(meQuery).data?.user.name;
  return (
    <div className="flex min-h-10 items-center gap-3 border-b bg-sunken px-4 py-1 text-sm" data-testid="driver-bar">
      <p role="status" className="min-w-0 flex-1 truncate">
        {words(driver, me, mayType)}
      </p>
      {mayType ? null : <span className="text-ink-faint">Watch only</span>}
      {mayType && driver.you ? <Button onClick={onRelease}>Release</Button> : null}
      {mayType && !driver.you ? <Button onClick={onTakeOver}>Take over</Button> : null}
    </div>
  );
}
