import * as operations from "@orchestratia/protocol/operations/users";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import { getAccount, listAccounts } from "./accounts.ts";
import type { Users } from "./commands.ts";
import { deactivateUser, reactivateUser } from "./deactivate-user.ts";
import { updateUser } from "./update-user.ts";

/** Everybody's accounts, for admins. */
export function accountRoutes(app: FastifyInstance, users: Users): void {
  const { sql } = users.database;

  serve(app, operations.listUsers, ({ query }) => listAccounts(sql, query));

  serve(app, operations.viewUser, ({ params }) => getAccount(sql, params.user));

  serve(app, operations.updateUser, async ({ caller, params, body }) => {
    await updateUser(users, caller, params.user, body);
    return getAccount(sql, params.user);
  });

  serve(app, operations.deactivateUser, async ({ caller, params }) => {
    await deactivateUser(users, caller, params.user);
    return getAccount(sql, params.user);
  });

  serve(app, operations.reactivateUser, async ({ caller, params }) => {
    await reactivateUser(users, caller, params.user);
    return getAccount(sql, params.user);
  });
}
