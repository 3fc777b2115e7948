import { tsQuery } from "./search-query.ts";

/** Characters that mark what was asked for: nobody writes them. */
const [START, STOP] = ["\u0001", "\u0002"];
/** Of long texts the beginning is looked through. */
const READ = 20_000;

/** By task, of the ids `$1`: the pieces of its texts that have the words of the query in `$2` to `$5`. */
export const SNIPPET = {
  name: "search_snippets",
  text: `select t.id, ts_headline('english', translate(left(t.spec, ${READ}) || coalesce(E'\\n' || notes.content, '')
        || coalesce(E'\\n' || left(coalesce(t.result ->> 'summary', t.result #>> '{}'), ${READ}), ''), E'\\x01\\x02', ''),
      ${tsQuery(2)}, E'StartSel="\\x01", StopSel="\\x02", MaxFragments=2, MaxWords=20, MinWords=8, FragmentDelimiter=" … "'
    ) as snippet
    from tasks t left join lateral (
      select left(string_agg(note.content, E'\\n'), ${READ}) as content
      from (select content from task_notes where task_id = t.id order by id desc limit 50) as note
    ) as notes on true
    where t.id = any($1::uuid[])`,
};

/** The text in parts, told apart by whether they are what was asked for. */
export function readSnippet(marked: string): { text: string; match: boolean }[] {
  const parts = marked.split(START).flatMap((piece, at) => {
    if (at === 0) return [{ text: piece, match: false }];
    const [match = "", ...rest] = piece.split(STOP);
    return [
      { text: match, match: true },
      { text: rest.join(""), match: false },
    ];
  });
  return parts.filter(({ text }) => text !== "");
}
