import { readFileSync } from "node:fs";
import { CommandError } from "./command-error.ts";
import type { Context } from "./context.ts";

type Stdin = Pick<Context, "readStdin">;

/** The text of an option: `-` is standard input, `@file` a file, anything else the text itself. */
export async function givenText(stdin: Stdin, given: string): Promise<string> {
  if (given === "-") return (await stdin.readStdin()).replace(/\r?\n$/, "");
  if (given.startsWith("@")) return readGivenFile(given.slice(1)).replace(/\r?\n$/, "");
  return given;
}

/** The JSON value that the option's text is, else the text. */
export async function givenValue(stdin: Stdin, given: string): Promise<unknown> {
  const text = await givenText(stdin, given);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The object that an option gives as JSON, or in a JSON or YAML file: `{…}`, `file`, `@file` or `-`. */
export async function givenObject(stdin: Stdin, option: string, given: string): Promise<Record<string, unknown>> {
  const literal = given === "-" || given.startsWith("@") || given.trimStart().startsWith("{");
  const text = literal ? await givenText(stdin, given) : readGivenFile(given);
  return parseObject(text, option);
}

/** The object that a text is in JSON or YAML. */
export async function parseObject(text: string, option: string): Promise<Record<string, unknown>> {
  const value = await parseJsonOrYaml(text, option);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CommandError("invalid_input", `${option} must be an object.`);
  }
  return value as Record<string, unknown>;
}

async function parseJsonOrYaml(text: string, option: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch (jsonError) {
    if (text.trimStart().startsWith("{")) throw mistake(option, "JSON", jsonError);
    const { parse } = await import("yaml");
    try {
      return parse(text);
    } catch (yamlError) {
      throw mistake(option, "YAML", yamlError);
    }
  }
}

const mistake = (option: string, language: string, error: unknown) =>
  new CommandError("invalid_input", `${option} is not ${language}: ${(error as Error).message}`);

function readGivenFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "there is no such file" : (error as Error).message;
    throw new CommandError("invalid_input", `Cannot read ${path}: ${reason}.`);
  }
}
