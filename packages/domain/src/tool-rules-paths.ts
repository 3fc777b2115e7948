import type { Word } from "./shell-command-word.ts";
import type { Text } from "./tool-rules-glob.ts";

/** The names of a file that patterns may use: whole, from the folder (`src/a.ts`) and from home (`~/a`). */
export function namesOfFile(path: string, { cwd, home }: { cwd?: string; home?: string }): string[] {
  const whole = wholePath(path, { cwd, home });
  if (whole === undefined) return [tidy(path)];
  return [whole, ...below(whole, cwd, ""), ...below(whole, home, "~/")];
}

/** The same for a word of a command line, of which parts may not be known. */
export function namesOfWord(word: Word, place: { cwd?: string; home?: string; changesFolder: boolean }): Text[] {
  const [first, ...others] = word;
  const isHome = typeof first === "object" && first.source === "~" && place.home !== undefined;
  const pieces = isHome ? [place.home ?? "", ...others] : word;
  if (pieces.every((piece) => typeof piece === "string")) {
    const path = pieces.join("");
    if (path.startsWith("/") || !place.changesFolder) return namesOfFile(path, place).map((name) => [name]);
    return [[{}, path]];
  }
  // Anything may hide in what is not known, also a way up.
  return [[{}]];
}

/** The same for a folder with all that is in it. */
export const namesOfFolder = (path: string, place: { cwd?: string; home?: string }): Text[] => {
  const names = namesOfFile(path, place);
  return [
    ...names.map((name): Text => [name]),
    ...names.map((name): Text => [name.endsWith("/") ? name : `${name}/`, {}]),
  ];
};

/** Whether both are surely the same; ways that links lead are not followed. */
export const isSamePath = (a: string, b: string, place: { cwd?: string; home?: string }): boolean =>
  wholePath(a, place) !== undefined && wholePath(a, place) === wholePath(b, place);

function wholePath(
  path: string,
  { cwd, home }: { cwd?: string | undefined; home?: string | undefined },
): string | undefined {
  if (path.startsWith("/")) return tidy(path);
  if (home !== undefined && (path === "~" || path.startsWith("~/"))) return tidy(home + path.slice(1));
  return cwd === undefined ? undefined : tidy(`${cwd}/${path}`);
}

const below = (path: string, folder: string | undefined, as: string): string[] => {
  if (folder === undefined) return [];
  const start = tidy(folder) === "/" ? "/" : `${tidy(folder)}/`;
  return path.startsWith(start) ? [as + path.slice(start.length)] : [];
};

/** Without `.`, `..` and doubled slashes; ways up that lead out of a relative path stay. */
function tidy(path: string): string {
  const kept: string[] = [];
  const isWhole = path.startsWith("/");
  for (const step of path.split("/")) {
    if (step === "" || step === ".") continue;
    if (step !== "..") kept.push(step);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!isWhole) kept.push("..");
  }
  return (isWhole ? "/" : "") + kept.join("/");
}
