"use client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { meQuery } from "./account-queries.ts";
import { useAddressQuery } from "./address-query.ts";
import { InviteForm } from "./invite-form.tsx";
import { JoinPanel } from "./join-panel.tsx";
import { invitationQuery, type Offer } from "./link-queries.ts";
import { DeadLink, LinkFault, LinkPending } from "./link-state.tsx";

const dead = { title: "This invitation is not good", ask: "Ask whoever invited you for another one." };

/** What the link of an invitation opens: a new account, or more for the account that is signed in. */
export function InvitePage() {
  const token = useAddressQuery("token");
  // Whoever takes it here is signed in, and the link used up, a moment before the page is left.
  const [taken, setTaken] = useState<Offer | null>(null);
  const open = useQuery({ ...invitationQuery(token ?? ""), enabled: Boolean(token) && !taken });
  const me = useQuery(meQuery);
  if (token === "") return <DeadLink {...dead} />;
  if (token && taken) return <InviteForm token={token} offer={taken} onTaking={setTaken} />;
  const error = open.error ?? me.error;
  if (error) {
    const retry = () => {
      if (open.error) void open.refetch();
      if (me.error) void me.refetch();
    };
    return <LinkFault {...dead} error={error} onRetry={retry} />;
  }
  if (!token || !open.data || me.data === undefined) return <LinkPending />;
  return me.data ? (
    <JoinPanel token={token} offer={open.data} user={me.data.user} />
  ) : (
    <InviteForm token={token} offer={open.data} onTaking={setTaken} />
  );
}
