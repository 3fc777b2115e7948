import { declaredContracts } from "@orchestratia/domain/contracts";
import { requirementsFrom } from "@orchestratia/domain/matching";
import { Problem } from "@orchestratia/protocol/problems";
import type { SchemaChecker } from "../contracts/schema-checker.ts";

const KNOWN_MEMBERS = new Set([
  "$schema",
  "requirements",
  "input_context",
  "constraints",
  "expected_output",
  "capability_requirements",
]);

/**
 * Looks at a structured spec before it is stored: its schemas must be usable, or the task could never be completed.
 * Throws `contract_schema_invalid`; answers warnings about members that nobody will read.
 */
export async function inspectSpec(
  schemas: SchemaChecker,
  spec: Record<string, unknown> | null | undefined,
): Promise<string[]> {
  if (!spec) return [];
  for (const { key, schema } of declaredContracts(spec)) {
    if (schema === undefined) continue;
    const errors = await schemas.checkSchema(schema);
    if (errors.length > 0)
      throw new Problem("contract_schema_invalid", `Contract "${key}": ${errors.join("; ")}.`, { key, errors });
  }
  return Object.keys(spec)
    .filter((member) => !KNOWN_MEMBERS.has(member))
    .map((member) => `structured_spec.${member} is kept but nothing reads it.`);
}

/** The columns that a structured spec fills. */
export const specColumns = (spec: Record<string, unknown> | null | undefined) => ({
  structured_spec: spec ?? null,
  requirements: requirementsFrom(spec ?? null),
});
