import type { Sql } from "../db/transaction.ts";
import type { Readiness } from "./health.ts";

const PATIENCE_MS = 2_000;

export interface ReadinessParts {
  sql: Sql;
  dashboardUrl: string | undefined;
  isStopping: () => boolean;
}

/** Asks the database and the dashboard anew each time. (Migrations ran before the hub listened.) */
export const readinessOf = ({ sql, dashboardUrl, isStopping }: ReadinessParts): Readiness => ({
  async check() {
    if (isStopping()) return { hub: "stopping" };
    const asked = {
      database: answers(sql.query("select 1")),
      ...(dashboardUrl === undefined ? {} : { dashboard: answers(reach(dashboardUrl)) }),
    };
    const failing: Record<string, string> = {};
    for (const [name, answer] of Object.entries(asked)) {
      if (!(await answer)) failing[name] = "does not answer";
    }
    return failing;
  },
});

async function reach(url: string): Promise<void> {
  const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) });
  await response.body?.cancel();
}

async function answers(question: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, false);
  });
  const answer = question.then(
    () => true,
    () => false,
  );
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
}
