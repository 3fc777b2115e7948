import { type Diagnosis, FINDINGS, type Finding, type FindingCode } from "@orchestratia/protocol/doctor";
import type { ProjectId } from "@orchestratia/protocol/vocabulary";
import type { Sql } from "../db/transaction.ts";
import { listCounterDifferences } from "../tasks/counters.ts";
import { ADVICE, SEVERITY } from "./advice.ts";
import { listTasksInCircles } from "./circles.ts";
import { FINDINGS_QUERY } from "./findings-query.ts";

/** What follows of itself is done by then: each 30 s the hub looks through the rows. */
const PATIENCE_SECONDS = 90;

interface FindingRow {
  id: Finding["task_id"];
  key: string;
  title: string;
  status: Finding["task_status"];
  code: FindingCode;
  assigned_server_id: Finding["server_id"];
  session_id: Finding["session_id"];
  server_name: string | null;
  session_name: string | null;
  needs_repo: string | null;
  needs_languages: string[];
  needs_environments: string[];
}

export interface DiagnosisOptions {
  /** Without it, of all projects. */
  projectId?: ProjectId;
  connectedServers: readonly string[];
  patienceSeconds?: number;
}

/** Every task with which nothing happens, with the reason, and every counter that has left its rows. */
export async function diagnose(
  sql: Sql,
  { projectId, connectedServers, patienceSeconds = PATIENCE_SECONDS }: DiagnosisOptions,
): Promise<Diagnosis> {
  const circles = await listTasksInCircles(sql, projectId ?? null);
  const rows = await sql.query<FindingRow>(FINDINGS_QUERY, [
    projectId ?? null,
    connectedServers,
    patienceSeconds,
    circles,
  ]);
  const findings = [...(await counterFindings(sql, projectId)), ...rows.map(toFinding)].sort(bySeverity);
  return { healthy: findings.every(({ severity }) => severity !== "error"), findings };
}

async function counterFindings(sql: Sql, projectId: ProjectId | undefined): Promise<Finding[]> {
  const differences = await listCounterDifferences(sql);
  if (differences.length === 0) return [];
  const own = await sql.query<{ id: string }>(
    `select id from tasks where id = any($1::uuid[]) and ($2::uuid is null or project_id = $2)
     union all select id from servers where id = any($1::uuid[]) and ($2::uuid is null or project_id = $2)`,
    [differences.map(({ id }) => id), projectId ?? null],
  );
  const ids = new Set(own.map(({ id }) => id));
  return differences
    .filter(({ id }) => ids.has(id))
    .map(({ counter, id, stored, counted }) => ({
      code: "counter_differs",
      severity: SEVERITY.counter_differs,
      task_id: counter === "tasks.blockers" ? (id as Finding["task_id"]) : null,
      task_key: null,
      task_title: null,
      task_status: null,
      server_id: counter === "servers.active_tasks" ? (id as Finding["server_id"]) : null,
      session_id: null,
      message: `${counter} of ${id} is ${stored}; the rows say ${counted}.`,
      advice: ADVICE.counter_differs,
    }));
}

const toFinding = (row: FindingRow): Finding => ({
  code: row.code,
  severity: SEVERITY[row.code],
  task_id: row.id,
  task_key: row.key,
  task_title: row.title,
  task_status: row.status,
  server_id: row.assigned_server_id,
  session_id: row.session_id,
  message: `${row.key}: ${FINDINGS[row.code]}${where(row)}.`,
  advice: ADVICE[row.code],
});

function where(row: FindingRow): string {
  if (row.code === "waiting_for_server") return ` (${needs(row)})`;
  const place = [row.session_name, row.server_name].filter((name) => name !== null).join(" on ");
  return place === "" ? "" : ` (${place})`;
}

function needs({ needs_repo, needs_languages, needs_environments }: FindingRow): string {
  const parts = [needs_repo === null ? [] : [`repo ${needs_repo}`], needs_languages, needs_environments];
  return parts.flat().join(", ");
}

const ORDER = { error: 0, warning: 1, info: 2 } as const;
const bySeverity = (left: Finding, right: Finding): number => ORDER[left.severity] - ORDER[right.severity];
