-- Since when an account's address is known to be its owner's. Null: whoever took an open invitation only said so.
alter table admin_users add column email_proven_at timestamptz(3);

-- As far as rows tell: by a provider, by an admin's invitation that names the address, or made at set-up, in the
-- transaction that used the set-up link.
update admin_users u set email_proven_at = now()
  where exists (select from hub.oauth_identities i where i.user_id = u.id and lower(i.email) = u.email)
    or exists (select from hub.invitations i where i.accepted_by = u.id and i.email = u.email
      and (i.invited_by is null or exists (select from admin_users a where a.id = i.invited_by and a.role = 'admin')))
    or exists (select from hub.setup_tokens s where s.used_at = u.created_at);
