-- AlterTable
ALTER TABLE "servers" ADD COLUMN     "capabilities_override" JSONB;

-- AlterTable
ALTER TABLE "tasks" ADD COLUMN     "waits_since" TIMESTAMPTZ(3);

-- What Prisma's schema cannot say.

-- From when on a task could have been placed, for those that wait a while for the server they prefer.
create function task_waits_since() returns trigger language plpgsql as $$
begin
  new.waits_since := now();
  return new;
end $$;
create trigger task_created_waiting before insert on tasks for each row
  when (new.requirements ? 'waitForPreferredMs' and new.blockers = 0 and new.auto_assign)
  execute function task_waits_since();
create trigger task_begins_to_wait before update of status, blockers, auto_assign, requirements on tasks for each row
  when (new.requirements ? 'waitForPreferredMs' and new.status = 'pending' and new.blockers = 0 and new.auto_assign
    and not (old.requirements ? 'waitForPreferredMs' and old.status = 'pending' and old.blockers = 0
      and old.auto_assign))
  execute function task_waits_since();

create index tasks_waiting_for_preferred on tasks (project_id)
  where status = 'pending' and blockers = 0 and auto_assign and waits_since is not null;
