-- Beside what somebody asked for, the hub may hold the same two tasks in order.
drop index "task_dependencies_task_id_depends_on_task_id_key";
create unique index "task_dependencies_task_id_depends_on_task_id_dependency_typ_key"
  on task_dependencies (task_id, depends_on_task_id, dependency_type);
create unique index task_dependencies_one_asked_for on task_dependencies (task_id, depends_on_task_id)
  where dependency_type <> 'order';

-- Children stand in the order of their positions, which leave room between them.
update tasks t set position = counted.place * 1024
from (
  select id, row_number() over (partition by parent_id order by number)::int as place from tasks
  where parent_id is not null
) as counted
where t.id = counted.id;
create index tasks_children_in_order on tasks (parent_id, position, number) where parent_id is not null;
drop index tasks_children;

-- The attempt that printed it, so that each attempt leaves its own tail.
alter table task_output add column "epoch" integer not null default 0;
alter table task_output add constraint task_output_stream_known check (stream in ('stdout', 'stderr', 'tail'));
create unique index task_output_one_tail on task_output (task_id, epoch) where stream = 'tail';
