-- What Prisma's schema cannot say.

-- Vocabularies
alter table servers add constraint servers_status_known check (status in ('online', 'offline'));
alter table servers add constraint servers_active_tasks_not_negative check (active_tasks >= 0);
alter table projects add constraint projects_status_known check (status in ('active', 'archived'));
alter table admin_users add constraint admin_users_role_known check (role in ('admin', 'viewer'));
alter table project_members add constraint project_members_role_known check (role in ('owner', 'member', 'viewer'));
alter table sessions add constraint sessions_status_known
  check (status in ('starting', 'active', 'disconnected', 'lost', 'closed', 'error'));
alter table sessions add constraint sessions_agent_status_known
  check (agent_status in ('working', 'waiting', 'idle', 'exited', 'unknown'));
alter table sessions add constraint sessions_role_known check (role in ('worker', 'orchestrator'));
alter table tasks add constraint tasks_blockers_not_negative check (blockers >= 0);
alter table tasks add constraint tasks_contract_status_known check (contract_status in ('none', 'fulfilled', 'partial'));
alter table tasks add constraint tasks_exec_mode_known check (exec_mode in ('par', 'seq'));
alter table tasks add constraint tasks_resume_status_known check (resume_status in ('planning', 'running'));
alter table tasks add constraint tasks_session_needs_server
  check (assigned_session_id is null or assigned_server_id is not null);
alter table task_dependencies add constraint task_dependencies_type_known
  check (dependency_type in ('blocks', 'input', 'related', 'order'));
alter table task_dependencies add constraint task_dependencies_not_self check (task_id <> depends_on_task_id);
alter table task_notes add constraint task_notes_delivery_known check (delivery in ('queued', 'delivered', 'failed'));
alter table interventions add constraint interventions_raised_by_known check (raised_by in ('worker', 'hub'));
alter table interventions add constraint interventions_type_known
  check (intervention_type in ('help', 'question', 'approval'));
alter table interventions add constraint interventions_status_known
  check (status in ('pending', 'responded', 'expired', 'cancelled'));
alter table interventions add constraint interventions_urgency_known check (urgency in ('low', 'normal', 'high'));
alter table hub.instance add constraint instance_is_one check (one);

-- At most one of each
create unique index sessions_live_name on sessions (project_id, name)
  where status in ('starting', 'active', 'disconnected', 'lost');
create unique index leases_one_open_per_task on engine.leases (task_id) where closed_at is null;
create unique index leases_one_open_per_session on engine.leases (session_id) where closed_at is null;
create unique index interventions_one_open_per_cause on interventions (task_id, cause)
  where status = 'pending' and cause is not null;
create unique index setup_tokens_one_open on hub.setup_tokens ((true)) where used_at is null;
create unique index servers_one_per_machine on servers (project_id, machine_id) where machine_id <> '';

-- Hot ways, in the order in which they are walked; rows that are done leave them
create index tasks_to_place on tasks (project_id, priority desc, eligible_at, id)
  where status = 'pending' and blockers = 0 and auto_assign;
create index tasks_to_deliver on tasks (assigned_server_id) where status = 'assigned' and blockers = 0;
create index tasks_in_session on tasks (assigned_session_id)
  where status in ('assigned', 'planning', 'plan_review', 'running', 'review', 'needs_human');
create index tasks_unsettled on tasks (project_id)
  where status not in ('done', 'failed', 'cancelled');
create index task_dependencies_open on task_dependencies (depends_on_task_id) where not resolved;
create index interventions_open on interventions (task_id) where status = 'pending';
create index interventions_unheard on interventions (session_id) where status = 'responded' and delivered_at is null;
create index task_notes_queued on task_notes (task_id) where delivery = 'queued';
create index tasks_children on tasks (parent_id) where parent_id is not null;
-- A fact is written without its position and numbered once: until then it is in no index but this first one.
create index activity_log_unnumbered on activity_log (seq) where position is null;
create unique index activity_log_position on activity_log (position) where position is not null;
create index activity_log_of_project on activity_log (project_id, position) where position is not null;
create index activity_log_of_task on activity_log (task_id, position) where position is not null and task_id is not null;
create index leases_open on engine.leases (expires_at) where closed_at is null;

-- A task's status moves only along the lifecycle (packages/domain/src/task-lifecycle.ts; a test compares the two).
create function task_status_guard() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.status <> 'pending' then
      raise exception 'a task is created pending, not %', new.status using errcode = 'check_violation';
    end if;
    return new;
  end if;
  if (old.status || '>' || new.status) not in (
    'pending>assigned', 'pending>review', 'pending>done', 'pending>cancelled',
    'assigned>pending', 'assigned>planning', 'assigned>running', 'assigned>review', 'assigned>done',
    'assigned>failed', 'assigned>cancelled',
    'planning>pending', 'planning>plan_review', 'planning>needs_human', 'planning>failed', 'planning>cancelled',
    'plan_review>pending', 'plan_review>planning', 'plan_review>running', 'plan_review>cancelled',
    'running>pending', 'running>review', 'running>needs_human', 'running>done', 'running>failed', 'running>cancelled',
    'review>pending', 'review>running', 'review>done', 'review>cancelled',
    'needs_human>pending', 'needs_human>planning', 'needs_human>plan_review', 'needs_human>running',
    'needs_human>review', 'needs_human>done', 'needs_human>failed', 'needs_human>cancelled',
    'done>pending', 'failed>pending', 'cancelled>pending'
  ) then
    raise exception 'no move leads from % to %', old.status, new.status using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger task_created_pending before insert on tasks for each row execute function task_status_guard();
create trigger task_status_moves before update of status on tasks for each row
  when (old.status is distinct from new.status) execute function task_status_guard();

-- Counters change with every task that comes and goes: room on the page keeps those updates out of the indexes.
alter table servers set (fillfactor = 60);
alter table tasks set (fillfactor = 85);
