/** Where neither the hub nor the daemon says how many tasks a server takes at once. */
const DEFAULT = 4;

/**
 * SQL for what holds of the columns of `row`: the hub's override, else the daemon's report, else 4. A version 1 daemon
 * reports no agents and runs out of threads when it has many sessions: its processors + 2 are the most.
 */
export const maxConcurrent = (row: string): string => `case
    when ${row}.max_concurrent_override is not null then ${row}.max_concurrent_override
    when jsonb_array_length(${row}.agents) > 0 then coalesce(${row}.max_concurrent_reported, ${DEFAULT})
    else least(coalesce(${row}.max_concurrent_reported, ${DEFAULT}),
      greatest(coalesce((${row}.system_info->>'cpu_count')::numeric, 2), 0) + 2)::int
  end`;
