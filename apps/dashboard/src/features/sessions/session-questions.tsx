"use client";
import type { Session } from "@orchestratia/protocol/sessions";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { lazy, Suspense, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { openInterventionsQuery } from "../interventions/intervention-queries.ts";

const QuestionsDialog = lazy(() => import("./questions-dialog.tsx").then((it) => ({ default: it.QuestionsDialog })));

/** What the session waits for, answered beside its terminal. */
export function SessionQuestions({ session, canAnswer }: { session: Session; canAnswer: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const { data } = useQuery(openInterventionsQuery(session.project_id));
  const open = data?.filter(({ session_id }) => session_id === session.id) ?? [];
  const waits = session.waiting !== null && session.waiting.for !== "usage_limit";
  return (
    <>
      {open.length > 0 ? (
        <Button variant="primary" aria-haspopup="dialog" onClick={() => setOpen(true)}>
          {open.length === 1 ? "Answer" : `Answer ${open.length} questions`}
        </Button>
      ) : null}
      {open.length === 0 && waits ? (
        <Button asChild>
          <Link href="/" title={session.waiting?.text}>
            Answer
          </Link>
        </Button>
      ) : null}
      {isOpen ? (
        <Suspense fallback={null}>
          <QuestionsDialog session={session} open={open} canAnswer={canAnswer} onClose={() => setOpen(false)} />
        </Suspense>
      ) : null}
    </>
  );
}
