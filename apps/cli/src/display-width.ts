import { eastAsianWidth } from "get-east-asian-width";

const PLAIN = /^[\u0020-\u007e]*$/;
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Control}\p{Nonspacing_Mark}\p{Enclosing_Mark}]/u;
/** Shown as a picture: by itself, or because U+FE0F asks for it. */
const EMOJI = /\p{Emoji_Presentation}|\uFE0F/u;

let segmenter: Intl.Segmenter | undefined;

/** What a reader takes for one character each: an emoji of several, or a letter with its accents. */
export function charactersOf(text: string): string[] {
  if (PLAIN.test(text)) return [...text];
  segmenter ??= new Intl.Segmenter();
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** How many columns of a terminal a text takes: two for CJK and emoji, none for what joins the character before it. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return charactersOf(text).reduce((sum, character) => sum + widthOf(character), 0);
}

function widthOf(character: string): number {
  if (EMOJI.test(character)) return 2;
  return [...character].reduce(
    (sum, part) => sum + (INVISIBLE.test(part) ? 0 : eastAsianWidth(part.codePointAt(0) ?? 0)),
    0,
  );
}
