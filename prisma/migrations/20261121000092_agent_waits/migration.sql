-- What a session's agent waits for, as its daemon says.
alter table sessions add column waiting jsonb;

-- What it waits for is asked once, also where the session has no task.
create unique index interventions_one_open_per_wait on interventions (session_id)
  where cause = 'agent_waiting' and status = 'pending';
