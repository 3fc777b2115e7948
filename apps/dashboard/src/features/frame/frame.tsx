"use client";
import { useQuery } from "@tanstack/react-query";
import { usePathname, useRouter } from "next/navigation";
import { type ReactNode, useEffect } from "react";
import { Button } from "../../ui/button.tsx";
import { ErrorState } from "../../ui/error-state.tsx";
import { Page } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { meQuery } from "../account/account-queries.ts";
import { LiveProvider, useTopic } from "../live/live-provider.tsx";
import { ProjectProvider, useProjectIfKnown } from "../projects/project-context.tsx";
import { SearchButton } from "../search/search-button.tsx";
import { AccountMenu } from "./account-menu.tsx";
import { LiveState } from "./live-state.tsx";
import { ProjectSwitcher } from "./project-switcher.tsx";
import { Rail } from "./rail.tsx";
import { useSignOut } from "./use-sign-out.ts";

const Waiting = () => (
  <div className="mx-auto w-full max-w-6xl px-4 py-5 sm:px-6">
    <h1 className="mb-4 flex h-11 items-center text-xl font-semibold text-ink-faint">Loading…</h1>
    <div className="rounded-card border bg-surface">
      <SkeletonRows rows={6} />
    </div>
  </div>
);

/** Facts of the chosen project keep every page in step. */
function ProjectFacts() {
  const project = useProjectIfKnown()?.project;
  useTopic(project && `project:${project.id}`);
  return null;
}

const Shell = ({ end, children }: { end?: ReactNode; children: ReactNode }) => (
  <>
    <a
      href="#content"
      className="fixed top-2 left-2 z-50 -translate-y-16 rounded-control bg-accent px-3 py-2 text-sm font-medium text-accent-ink touch:py-3.5 focus:translate-y-0"
    >
      Skip to content
    </a>
    <Rail />
    <div className="flex min-h-dvh flex-col pb-14 sm:pb-0 sm:pl-[76px]">
      <header className="sticky top-0 z-20 flex h-12 items-center gap-3 border-b bg-surface px-3 sm:px-4">
        <ProjectSwitcher />
        <span className="flex-1" />
        <SearchButton />
        <LiveState />
        {end}
      </header>
      <main id="content" tabIndex={-1} className="flex min-w-0 flex-1 flex-col outline-none">
        {children}
      </main>
    </div>
  </>
);

/** What surrounds every page of somebody who is signed in; whoever is not is sent to the sign-in. */
export function Frame({ children }: { children: ReactNode }) {
  const me = useQuery(meQuery);
  const signOut = useSignOut();
  const router = useRouter();
  const path = usePathname();
  const signedOut = me.data === null;
  useEffect(() => {
    if (signedOut) router.replace(path === "/" ? "/login" : `/login?next=${encodeURIComponent(path)}`);
  }, [signedOut, router, path]);

  if (!me.data) {
    return (
      <Shell>
        {me.error ? (
          <Page title="The hub does not answer">
            <ErrorState error={me.error} onRetry={() => void me.refetch()} />
          </Page>
        ) : (
          <Waiting />
        )}
      </Shell>
    );
  }
  if (signOut.isLeaving) {
    return (
      <Shell>
        {signOut.error ? (
          <Page title="You are still signed in" actions={<Button onClick={signOut.stay}>Stay signed in</Button>}>
            <ErrorState error={signOut.error} onRetry={signOut.leave} />
          </Page>
        ) : (
          <Waiting />
        )}
      </Shell>
    );
  }
  const { user } = me.data;
  return (
    <LiveProvider>
      <ProjectProvider>
        {(instead) => (
          <Framed instead={instead} end={<AccountMenu name={user.name} email={user.email} onSignOut={signOut.leave} />}>
            {children}
          </Framed>
        )}
      </ProjectProvider>
    </LiveProvider>
  );
}

const PROJECT_SETTINGS = ["/settings/project", "/settings/work", "/settings/rules"];

/** Settings that are about people and the hub: whoever is in no project (yet) needs them too. */
const needsNoProject = (path: string) =>
  path === "/settings" || (path.startsWith("/settings/") && !PROJECT_SETTINGS.includes(path));

function Framed({ end, instead, children }: { end: ReactNode; instead: ReactNode | null; children: ReactNode }) {
  const path = usePathname();
  const page = useProjectIfKnown() || needsNoProject(path) ? children : <Waiting />;
  return (
    <Shell end={end}>
      <ProjectFacts />
      {needsNoProject(path) ? page : (instead ?? page)}
    </Shell>
  );
}
