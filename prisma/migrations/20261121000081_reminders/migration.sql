-- From when the time runs in which a task that was delivered is to be begun; a reconnect does not move it.
alter table tasks add column told_at timestamptz(3);
update tasks set told_at = delivered_at where deliveries > 0;

-- What waits to be tried on another server, looked through each 30 s.
create index tasks_tried on tasks (project_id) where status = 'pending' and cardinality(tried_servers) > 0;
