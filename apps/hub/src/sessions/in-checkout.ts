/**
 * Whether a session stands in the checkout of one task, as SQL over a sessions row `s`: it was started for that one, or its
 * daemon says so.
 */
export const IN_CHECKOUT = `exists (select from engine.checkouts c where c.server_id = s.server_id and c.branch is not null
    and (s.started_by_hub and c.task_id = s.task_id or starts_with(s.working_directory || '/', c.path || '/')))`;
