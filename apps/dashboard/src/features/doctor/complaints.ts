import { FINDINGS, type Finding, type FindingCode } from "@orchestratia/protocol/doctor";

/** What is the matter with one or several tasks, and what to do about it. */
export type Complaint = {
  code: FindingCode;
  severity: Finding["severity"];
  /** A plain sentence; a code that a newer hub invented shows its first finding's own message. */
  matter: string;
  advice: string;
  cases: Case[];
};

export type Case = {
  id: string;
  key: string | null;
  title: string | null;
  status: Finding["task_status"];
  /** What this one's message says beyond the matter: where, or what it needs. */
  detail: string;
};

/** One complaint for each code, in the findings' own order: the gravest first. */
export function complaintsOf(findings: readonly Finding[]): Complaint[] {
  const byCode = new Map<FindingCode, Complaint>();
  for (const [at, finding] of findings.entries()) {
    const { code, severity, advice, message } = finding;
    const complaint = byCode.get(code) ?? { code, severity, matter: FINDINGS[code] ?? message, advice, cases: [] };
    byCode.set(code, complaint);
    complaint.cases.push({
      id: finding.task_id ?? `${code}-${at}`,
      key: finding.task_key,
      title: finding.task_title,
      status: finding.task_status,
      detail: detailOf(finding),
    });
  }
  return [...byCode.values()];
}

function detailOf({ code, message, task_key }: Finding): string {
  const known = `${task_key}: ${FINDINGS[code]}`;
  if (task_key === null || !message.startsWith(known)) return message;
  return message
    .slice(known.length)
    .replace(/^ \(/, "")
    .replace(/\)?\.$/, "");
}

/** Those that somebody has to do something about. */
export const isUrgent = ({ severity }: Pick<Finding, "severity">): boolean => severity !== "info";
