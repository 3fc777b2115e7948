const SPEC_REPO = "t.structured_spec -> 'capability_requirements' ->> 'repo'";

/** Whether tasks get checkouts of their own, as SQL over a projects row `p`. */
export const WORKTREE_PER_TASK = "coalesce((p.settings ->> 'worktree_per_task')::boolean, true)";

/**
 * The repository of its server of which an assigned task gets a checkout of its own, as SQL over a tasks row `t`: the one
 * that it names, else the one that it requires, else the only one there is. Null when it gets none.
 */
export const CHECKOUT_REPO = `(select coalesce(
      min(known.name) filter (where lower(known.name) = lower(t.target_repo)),
      min(known.name) filter (where lower(known.name) = lower(${SPEC_REPO})),
      case when t.target_repo is null and ${SPEC_REPO} is null and count(*) = 1 then min(known.name) end)
    from servers v join projects p on p.id = v.project_id,
      lateral jsonb_object_keys(coalesce(v.capabilities_override -> 'repos', v.repos)) as known (name)
    where v.id = t.assigned_server_id and ${WORKTREE_PER_TASK})`;
