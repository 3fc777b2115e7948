import { z } from "zod";

const MOST = 50;

/** One or several of these words in a query: the name given again for each, or all in one with commas between them. */
export const wordList = <Word extends string>(words: readonly Word[]) =>
  z.union([z.string().max(1000), z.array(z.string().max(200)).max(MOST)]).transform((given, context) => {
    const asked = (Array.isArray(given) ? given : given.split(",")).map((word) => word.trim());
    const unknown = asked.find((word) => !(words as readonly string[]).includes(word));
    if (unknown === undefined) return asked as Word[];
    context.addIssue({ code: "custom", message: `One of ${words.join(", ")}, not ${unknown || "nothing"}` });
    return z.NEVER;
  });

/** One or several texts in a query: the name given again for each. */
export const textList = (maxLength: number) =>
  z
    .union([z.string().min(1).max(maxLength), z.array(z.string().min(1).max(maxLength)).max(MOST)])
    .transform((given) => (Array.isArray(given) ? given : [given]));
