import type { ReactNode } from "react";
import { Logo } from "../frame/logo.tsx";

/** The panel of the two pages that are seen before anybody is signed in. */
export const EntryCard = ({ title, lead, children }: { title: string; lead: ReactNode; children: ReactNode }) => (
  <main className="flex min-h-dvh flex-col items-center px-4 py-[12vh]">
    <div className="w-full max-w-sm">
      <div className="mb-6 flex items-center gap-2.5">
        <Logo className="size-7" />
        <span className="text-lg font-semibold tracking-tight">Orchestratia</span>
      </div>
      <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
      <p className="mt-1 mb-5 text-sm text-ink-soft">{lead}</p>
      {children}
    </div>
  </main>
);
