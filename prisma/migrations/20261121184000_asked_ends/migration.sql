-- A session's end may take its daemon a while, in which the hub may be started anew: it asks again, and says who wanted it.
alter table sessions add column end_asked_by jsonb;
