import { Problem } from "@orchestratia/protocol/problems";
import type { FastifySchemaCompiler } from "fastify";
import type { FastifySerializerCompiler } from "fastify/types/schema.js";
import type { z } from "zod";

/** An answer that its own schema does not allow: a bug of ours. */
class AnswerRefused extends Error {
  override readonly name = "AnswerRefused";
}

const MAX_ISSUES = 20;

/** Lets the operation's zod schemas read a request. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const part = httpPart === "querystring" ? "query" : httpPart;
  return (value: unknown) => {
    // No body at all is read as one that says nothing; what is required is then named as missing.
    const { data, error } = schema.safeParse(part === "body" && value === null ? {} : value);
    return error ? { error: invalidRequest(part ?? "request", error.issues) } : { value: data };
  };
};

/** Writes an answer through the operation's schema, so that nothing leaves that it does not name. */
export const serializerCompiler: FastifySerializerCompiler<z.ZodType> = ({ schema, method, url }) => {
  return (answer: unknown) => {
    const { data, error } = schema.safeParse(answer);
    if (error) throw new AnswerRefused(`the answer of ${method} ${url} is not what it should be`, { cause: error });
    return JSON.stringify(data);
  };
};

function invalidRequest(part: string, issues: readonly z.core.$ZodIssue[]): Problem {
  const errors = issues
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) => ({ in: part, path: path.map(String).join("."), message }));
  const [first] = errors;
  const where = first?.path ? `${first.path}: ` : "";
  return new Problem("invalid_request", `${where}${first?.message ?? "not understood"}`, { errors });
}
