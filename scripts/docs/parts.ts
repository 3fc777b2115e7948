/** The generated parts of a page: what each is called and what it should hold. */
export type Parts = Readonly<Record<string, string>>;

const PART = /<!-- generated: ([a-z ]+) -->\n[\s\S]*?\n?<!-- \/generated -->/g;

/**
 * The page with each of its parts as it should be. Throws when the page lacks one of them or has one that nobody makes:
 * a part that lost its marker would never be wrong again.
 */
export function withParts(page: string, parts: Parts): string {
  const wanted = new Set(Object.keys(parts));
  const filled = page.replaceAll(PART, (_, name: string) => {
    const content = parts[name];
    if (content === undefined) throw new Error(`nobody makes the part "${name}"`);
    wanted.delete(name);
    return `<!-- generated: ${name} -->\n\n${content}\n\n<!-- /generated -->`;
  });
  if (wanted.size > 0) throw new Error(`there is no place for the part "${[...wanted].join('", "')}"`);
  return filled;
}
