/** How long a project waits for who is away, as SQL over `projects p`. */
export const PROJECT_GRACE = "coalesce(p.settings ->> 'grace', '10 min')::interval";
/** The same for a worker, with `sessions s`: less where its terminal is known to be gone. */
export const WORKER_GRACE = `case when s.status in ('closed', 'error', 'lost') then interval '30 seconds'
  else ${PROJECT_GRACE} end`;
