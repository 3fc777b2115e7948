/** What was typed into a search box, as the database is asked. */
export interface SearchQuery {
  /** Words that were typed to their end, in `websearch_to_tsquery`'s form. */
  complete: string;
  /** The last word, which may go on. */
  begun: string | null;
  /** The last word stands behind `or`. */
  alternative: boolean;
  /** All of it in lower case, for what merely looks like it; null where it says exactly what it wants. */
  name: string | null;
}

/** Everything that `engine.plain_words` takes for a space, but for what the syntax needs. */
const PUNCTUATION = /[_/.:;,@#=+*\\|()<>[\]{}'`~!?$%^&]/g;
/** A minus that excludes nothing. */
const INNER_MINUS = /(?<!^|\s)-|-(?!["\p{L}\p{M}\p{N}])/gu;
const LAST_WORD = /(?<=^|\s)[\p{L}\p{M}\p{N}]+$/u;
const LAST_OR = /(?<=^|\s)or\s*$/i;

/** A phrase, or a word that must not be there. */
const EXACT = /"|(?:^|\s)-/;

/** Reads any text; none is wrong. */
export function readQuery(text: string): SearchQuery {
  const plain = text.replace(PUNCTUATION, " ").replace(INNER_MINUS, " ");
  const name = EXACT.test(plain) ? null : text.trim().toLowerCase();
  const [begun] = LAST_WORD.exec(plain) ?? [];
  const inPhrase = (plain.match(/"/g)?.length ?? 0) % 2 === 1;
  if (begun === undefined || inPhrase || /^or$/i.test(begun)) {
    return { complete: plain, begun: null, alternative: false, name };
  }
  const before = plain.slice(0, -begun.length);
  const alternative = LAST_OR.test(before);
  return { complete: alternative ? before.replace(LAST_OR, "") : before, begun, alternative, name };
}

/** The query as SQL, of four parameters that begin with `$first`: see `searchValues`. */
export const tsQuery = (first: number): string => `(
    case when $${first + 2}::boolean then websearch_to_tsquery('simple', $${first}) || to_tsquery('simple', $${first + 1})
      else websearch_to_tsquery('simple', $${first}) && to_tsquery('simple', $${first + 1}) end
    || websearch_to_tsquery('english', $${first + 3}))`;

/** The parameters of `tsQuery`. */
export const searchValues = ({ complete, begun, alternative }: SearchQuery): [string, string, boolean, string] => [
  complete,
  begun === null ? "" : `'${begun}':*`,
  alternative,
  [complete, alternative ? "or" : "", begun ?? ""].join(" "),
];

/** So alike a name must be to what was asked. */
const ALIKE = 0.4;

/** How much a search row `s` looks like the text `$name`, and whether that is enough. As SQL. */
export const likeness = (name: number): string =>
  `case when position($${name} in s.name) > 0 then 1 else word_similarity($${name}, s.name) end`;
export const isAlike = (name: number): string => `${likeness(name)} >= ${ALIKE}`;
