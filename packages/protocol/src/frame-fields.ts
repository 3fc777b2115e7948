import { z } from "zod";

// What many frames have in common.
export const Id = z.string().min(1).max(200);
export const Base64 = z.string().max(44_000_000);
export const RequestId = Id.describe("Of the question that it answers");
export const int = z.number().int();
export const Policy = z.string().max(100).optional().describe("Ours: what in the machine's policy file refuses it");
export const session = { session_id: z.string() };
export const delivery_id = z
  .string()
  .optional()
  .describe("Version 2: to be named in delivery frames until it is delivered");
