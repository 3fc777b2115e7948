-- Since when a session's agent has reached its usage limit, and when that ends, where it is known. What people answered holds
-- as long, and so does the limit for the agent's other sessions on that machine, also when this one has ended.
alter table sessions add column limited_since timestamptz(3), add column limit_ends_at timestamptz(3);
update sessions set limited_since = now(), limit_ends_at = (waiting ->> 'resets_at')::timestamptz
  where waiting ->> 'for' = 'usage_limit';
create index sessions_limited on sessions (server_id) where limited_since is not null;
