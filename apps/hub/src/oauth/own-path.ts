const HERE = "http://hub.invalid";

/** The path to go on at: `given` if it is one of this hub, whoever made the link; else the first page. */
export function ownPath(given: string | undefined): string {
  if (given === undefined || !given.startsWith("/") || !URL.canParse(given, HERE)) return "/";
  const url = new URL(given, HERE);
  // `//elsewhere`, and what browsers read like it: `/\elsewhere`, with a tab or line end in between.
  if (url.origin !== HERE) return "/";
  const path = `${url.pathname}${url.search}${url.hash}`;
  return path.startsWith("//") ? "/" : path;
}

/** A path, with what went wrong on the way to it. */
export function withProblem(path: string, code: string): string {
  const url = new URL(path, HERE);
  url.searchParams.set("problem", code);
  return `${url.pathname}${url.search}${url.hash}`;
}
