-- The ended session with whose conversation a session's agent goes on, and whether somebody asked for a session's end:
-- the hub goes on by itself only with what nobody meant to end.
alter table sessions add column resumes uuid,
  add column ended_on_request boolean not null default false,
  add constraint sessions_resumes_fkey foreign key (resumes) references sessions (id) on delete restrict on update no action;

create index sessions_resumes_idx on sessions (resumes);
