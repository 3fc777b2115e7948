"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { ErrorState } from "../../ui/error-state.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { countsQuery } from "./home-queries.ts";

type Tile = { href: string; word: string; count: number; note: string };

function tiles(counts: Awaited<ReturnType<NonNullable<ReturnType<typeof countsQuery>["queryFn"]>>>): Tile[] {
  const sum = (...statuses: string[]) => statuses.reduce((total, status) => total + (counts.tasks[status] ?? 0), 0);
  const person = sum("needs_human", "plan_review", "review");
  return [
    { href: "/tasks?show=moving", word: "In progress", count: sum("running", "planning"), note: `${sum("done")} done` },
    {
      href: "/tasks?show=waiting",
      word: "Waiting",
      count: sum("pending", "assigned"),
      note: `${counts.blocked} blocked`,
    },
    {
      href: "/tasks?show=person",
      word: "Need a person",
      count: person,
      note: `${counts.interventions_pending} open questions`,
    },
    {
      href: "/servers",
      word: "Servers online",
      count: counts.servers_online,
      note: `of ${counts.servers}, ${counts.sessions_live} live sessions`,
    },
  ];
}

const box = "flex min-h-22 flex-col rounded-card border bg-surface px-4 py-3";

/** Is everything moving: four numbers, each with what to compare it to, each the door to its list. */
export function HomeCounts({ project }: { project: string }) {
  const counts = useQuery(countsQuery(project));
  if (counts.error) return <ErrorState error={counts.error} onRetry={() => void counts.refetch()} />;
  return (
    <ul aria-label="At a glance" className="grid grid-cols-2 gap-3 lg:grid-cols-4">
      {counts.data
        ? tiles(counts.data).map(({ href, word, count, note }) => (
            <li key={href}>
              <Link
                href={href}
                className={`${box} transition-colors hover:bg-hover`}
                data-testid={`count-${word.toLowerCase().replaceAll(" ", "-")}`}
              >
                <span className="text-sm text-ink-soft">{word}</span>
                <span className="text-2xl leading-9 font-semibold tracking-tight tabular-nums">{count}</span>
                <span className="text-xs text-ink-faint">{note}</span>
              </Link>
            </li>
          ))
        : [0, 1, 2, 3].map((place) => (
            <li key={place} className={box}>
              <Skeleton className="mt-0.5 h-4 w-20" />
              <Skeleton className="mt-2 h-7 w-10" />
            </li>
          ))}
    </ul>
  );
}
