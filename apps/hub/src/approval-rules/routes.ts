import * as operations from "@orchestratia/protocol/operations/approval-rules";
import type { FastifyInstance } from "fastify";
import { serve } from "../http/serve.ts";
import { daemonOf } from "../servers/daemon-of.ts";
import { createRule } from "./create-rule.ts";
import { deleteRule } from "./delete-rule.ts";
import { keepPermissions, listPermissions } from "./permission-log.ts";
import { listRules, rulesOfServer } from "./queries.ts";
import type { Rules } from "./rules.ts";
import { updateRule } from "./update-rule.ts";

export function approvalRuleRoutes(app: FastifyInstance, rules: Rules): void {
  const { sql } = rules.database;

  serve(app, operations.listApprovalRules, async ({ project }) => ({ rules: await listRules(sql, project.id) }));

  serve(app, operations.createApprovalRule, ({ caller, project, body }) => createRule(rules, caller, project.id, body));

  serve(app, operations.updateApprovalRule, ({ caller, project, params, body }) =>
    updateRule(rules, caller, { projectId: project.id, ruleId: params.rule, changes: body }),
  );

  serve(app, operations.deleteApprovalRule, ({ caller, project, params }) =>
    deleteRule(rules, caller, project.id, params.rule),
  );

  serve(app, operations.listPermissions, ({ project, query }) => listPermissions(sql, project.id, query));

  serve(app, operations.readApprovalRules, ({ caller }) => {
    const { id, projectId } = daemonOf(caller);
    return rulesOfServer(sql, projectId, id);
  });

  serve(app, operations.logPermissions, async ({ caller, body }) => ({
    kept: await keepPermissions(sql, daemonOf(caller), body.entries),
  }));
}
