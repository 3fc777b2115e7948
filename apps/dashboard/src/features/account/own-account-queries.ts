import {
  changePassword,
  listSignIns,
  revokeSignIn as revokeSignInOperation,
  updateMe,
} from "@orchestratia/protocol/operations/users";
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { hub } from "../hub/hub-client.ts";
import { meQuery } from "./account-queries.ts";

/** Where the person is signed in, newest first. */
export const signInsQuery = queryOptions({
  queryKey: ["sign_ins"],
  queryFn: async ({ signal }) => (await hub.call(listSignIns, { signal })).sign_ins,
});

export async function renameMe(queries: QueryClient, name: string): Promise<void> {
  const user = await hub.call(updateMe, { body: { name } });
  queries.setQueryData(meQuery.queryKey, (me) => me && { ...me, user });
}

/** Answers how many sign-ins elsewhere ended with the old password. */
export async function changeMyPassword(
  queries: QueryClient,
  body: { old_password: string; password: string },
): Promise<number> {
  const { ended_sign_ins } = await hub.call(changePassword, { body });
  void queries.invalidateQueries({ queryKey: signInsQuery.queryKey });
  return ended_sign_ins;
}

export async function revokeSignIn(queries: QueryClient, signIn: string): Promise<void> {
  await hub.call(revokeSignInOperation, { params: { sign_in: signIn } });
  await queries.invalidateQueries({ queryKey: signInsQuery.queryKey });
}
