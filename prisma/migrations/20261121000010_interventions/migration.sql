-- A worker may put its question to one session.
alter table interventions add column target_session_id uuid, add column target_told_at timestamptz(3);
alter table interventions add constraint interventions_project_id_target_session_id_fkey
  foreign key (project_id, target_session_id) references sessions (project_id, id) on delete restrict on update no action;

-- What becomes due next, and what is to be told: also that no answer came in time.
create index interventions_due on interventions (timeout_at) where status = 'pending' and timeout_at is not null;
drop index interventions_unheard;
create index interventions_unheard on interventions (session_id)
  where status in ('responded', 'expired') and delivered_at is null;
create index interventions_untold on interventions (target_session_id)
  where status = 'pending' and target_session_id is not null and target_told_at is null;

-- What the hub asks of a project, looked through whenever its upstreams fail or come back.
create index interventions_hub_open on interventions (project_id) where status = 'pending' and raised_by = 'hub';
