import { z } from "zod";

/** Nothing that a terminal would act on, and no line break. Readers of JSON Schema know no `\p{…}` without a flag. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
const PLAIN = /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$/;

/** A name as somebody gives it, which others' terminals will show. */
export const plainName = (maxLength: number) =>
  z.string().trim().min(1).max(maxLength).regex(PLAIN, "A name has no control characters and no line breaks");
