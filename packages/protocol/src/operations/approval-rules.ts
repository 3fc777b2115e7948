import { z } from "zod";
import {
  AgentApprovalRule,
  ApprovalRule,
  ApprovalRuleChanges,
  NewApprovalRule,
  Permission,
  PermissionBatch,
} from "../approval-rules.ts";
import { operation } from "../operation.ts";
import { PageQuery, ProjectRef } from "../vocabulary.ts";

const rules = "/api/v1/projects/:project/approval-rules";
const shared = { door: "people", tag: "approval rules" } as const;
const OnRule = z.object({ project: ProjectRef, rule: z.uuid() });

export const listApprovalRules = operation({
  ...shared,
  id: "listApprovalRules",
  access: "viewer",
  method: "GET",
  path: rules,
  summary: "Which tools agents may use without asking, and which never; in the order in which the first match decides",
  params: z.object({ project: ProjectRef }),
  response: z.object({ rules: z.array(ApprovalRule) }),
});

export const createApprovalRule = operation({
  ...shared,
  id: "createApprovalRule",
  access: "owner",
  method: "POST",
  path: rules,
  summary: "Make a rule; connected daemons read it at once",
  params: z.object({ project: ProjectRef }),
  body: NewApprovalRule,
  response: ApprovalRule,
  status: 201,
  problems: ["server_not_found", "too_many_rules"],
});

export const updateApprovalRule = operation({
  ...shared,
  id: "updateApprovalRule",
  access: "owner",
  method: "PATCH",
  path: `${rules}/:rule`,
  summary: "Change a rule",
  params: OnRule,
  body: ApprovalRuleChanges,
  response: ApprovalRule,
  problems: ["rule_not_found", "server_not_found"],
});

export const deleteApprovalRule = operation({
  ...shared,
  id: "deleteApprovalRule",
  access: "owner",
  method: "DELETE",
  path: `${rules}/:rule`,
  summary: "Delete a rule; answers what it was",
  params: OnRule,
  response: ApprovalRule,
  problems: ["rule_not_found"],
});

export const listPermissions = operation({
  ...shared,
  id: "listPermissions",
  access: "viewer",
  method: "GET",
  path: "/api/v1/projects/:project/permissions",
  summary: "Which tools agents wanted to use and what was decided, newest first",
  params: z.object({ project: ProjectRef }),
  query: PageQuery.extend({
    session_id: z.string().max(64).optional(),
    decision: z.enum(["allowed", "denied", "asked"]).optional(),
  }),
  response: z.object({ permissions: z.array(Permission), next: z.string().nullable() }),
});

export const readApprovalRules = operation({
  id: "readApprovalRules",
  door: "daemons",
  tag: "daemons",
  access: "server",
  method: "GET",
  path: "/api/v1/server/approval-rules",
  summary: "The rules that hold on this server; the first one that matches decides",
  response: z.array(AgentApprovalRule),
});

/** A batch is lost when it is refused. */
const BATCH_MAX_BYTES = 32 * 1024 * 1024;

export const logPermissions = operation({
  id: "logPermissions",
  door: "daemons",
  tag: "daemons",
  access: "server",
  method: "POST",
  path: "/api/v1/server/permissions/log",
  summary: "What the hook on this server has decided",
  body: PermissionBatch,
  response: z.object({ kept: z.number().int() }),
  status: 201,
  bodyLimit: BATCH_MAX_BYTES,
  mendsText: true,
});
