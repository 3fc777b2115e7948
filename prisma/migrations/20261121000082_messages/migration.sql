-- Where the answer to a worker's question is on its way, as with a note; `delivered_at` says when it was last sent.
alter table interventions add column delivery text, add column repeated boolean not null default false;
alter table interventions add constraint interventions_delivery_known
  check (delivery in ('queued', 'delivered', 'failed'));
update interventions set delivery = case when delivered_at is null then 'queued' else 'delivered' end
  where status in ('responded', 'expired') and raised_by = 'worker' and session_id is not null;

drop index interventions_unheard;
create index interventions_unheard on interventions (session_id) where delivery = 'queued';

-- When a message was last sent, and whether what is queued was sent before, on a link that may have been dead.
alter table task_notes add column delivered_at timestamptz(3), add column repeated boolean not null default false;
alter table engine.plan_revisions add column told_at timestamptz(3), add column repeated boolean not null default false;

-- What was sent lately, for whom a server's link has come back.
create index interventions_sent on interventions (delivered_at) where delivery = 'delivered';
create index task_notes_sent on task_notes (delivered_at) where delivery = 'delivered';
create index plan_revisions_told on engine.plan_revisions (told_at) where told_at is not null;
