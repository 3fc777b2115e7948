import { CHECKOUT_REPO } from "../workspaces/checkout-repo.ts";

/** What a statement that assigns or unblocks answers: all that the push to the daemon needs. */
export interface AssignedTask {
  id: string;
  project_id: string;
  key: string;
  title: string;
  priority: string;
  version: number;
  assigned_server_id: string;
  assigned_session_id: string | null;
  target_repo: string | null;
  spec: string;
  structured_spec: unknown;
  resolved_inputs: Record<string, unknown>;
  plan_required: boolean;
  /** The repository of its server of which it gets a checkout, and so a session, of its own; null: it gets none. */
  checkout_repo: string | null;
}

/** The columns of AssignedTask for a tasks row named `t`. */
export const ASSIGNED_TASK_COLUMNS = `t.id, t.project_id, t.key, t.title, t.priority::text as priority, t.version,
  t.assigned_server_id, t.assigned_session_id, t.target_repo, t.spec, t.structured_spec, t.resolved_inputs,
  coalesce(t.require_plan, (select (p.settings ->> 'require_plan_approval')::boolean from projects p
    where p.id = t.project_id), false) as plan_required,
  ${CHECKOUT_REPO} as checkout_repo`;
