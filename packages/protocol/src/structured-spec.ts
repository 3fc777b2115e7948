import { STRUCTURED_SPEC_MAX_BYTES } from "@orchestratia/domain/contracts";
import { DURATION } from "@orchestratia/domain/duration";
import { z } from "zod";

const Words = z.array(z.string().min(1).max(200)).max(200);

const Requirement = z.looseObject({
  description: z.string(),
  priority: z.enum(["must", "should", "could", "wont"]),
  category: z.string().optional(),
});

const Reference = z.looseObject({
  type: z.enum(["task", "url", "file"]),
  id: z.string().optional(),
  url: z.string().optional(),
  path: z.string().optional(),
  description: z.string().optional(),
});

const Contract = z.looseObject({
  key: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/)
    .refine((key) => !["__proto__", "constructor", "prototype"].includes(key), "This key is reserved"),
  type: z.string().optional(),
  description: z.string().optional(),
  required: z.boolean().default(true),
  schema: z
    .union([z.record(z.string(), z.unknown()), z.boolean()])
    .optional()
    .describe("JSON Schema 2020-12"),
});

/** `orchestratia/task-spec/v1`. Unknown members are kept, never refused. */
export const StructuredSpec = z
  .looseObject({
    $schema: z.literal("orchestratia/task-spec/v1").optional(),
    requirements: z.array(Requirement).max(500).optional(),
    input_context: z.looseObject({ references: z.array(Reference).max(500).optional() }).optional(),
    constraints: z
      .looseObject({
        languages: Words.optional(),
        frameworks: Words.optional(),
        testing: z.string().optional(),
        no_breaking_changes: z.boolean().optional(),
        max_files_changed: z.number().int().optional(),
        custom: z.record(z.string(), z.unknown()).optional(),
      })
      .optional(),
    expected_output: z
      .looseObject({
        contracts: z
          .array(Contract)
          .max(100)
          .refine(
            (list) => new Set(list.map((contract) => contract.key)).size === list.length,
            "Two contracts share a key",
          )
          .optional(),
      })
      .optional(),
    capability_requirements: z
      .looseObject({
        repo: z.string().max(500).optional(),
        languages: Words.optional(),
        environments: Words.optional(),
        tools: Words.optional(),
        tags: Words.optional(),
        prefer_server: z.string().max(200).optional(),
        wait_for_preferred: z
          .string()
          .trim()
          .regex(DURATION, "A number and s, min, h or d, such as 10 min")
          .optional()
          .describe("How long to wait for prefer_server while it is off or full"),
      })
      .optional(),
  })
  .refine((spec) => JSON.stringify(spec).length <= STRUCTURED_SPEC_MAX_BYTES, "structured_spec is larger than 256 KiB")
  .meta({ id: "StructuredSpec" });
export type StructuredSpec = z.infer<typeof StructuredSpec>;
