/** The address that a terminal's link leads to, if it is one that a browser may open for a program. */
export function linkTarget(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, href } = new URL(text);
  return protocol === "https:" || protocol === "http:" ? href : undefined;
}

/** What xterm asks about the links that programs print, and those that look like one. */
type LinkHandler = {
  activate(event: MouseEvent, text: string): void;
  hover(event: MouseEvent, text: string): void;
  leave(): void;
};

/** Opens links in a page that knows nothing of this one, and says where they lead while the pointer is over them. */
export function linkHandler(show: (target: string | undefined) => void): LinkHandler {
  return {
    activate: (_event, text) => {
      const target = linkTarget(text);
      if (target !== undefined) window.open(target, "_blank", "noopener,noreferrer");
    },
    hover: (_event, text) => show(linkTarget(text)),
    leave: () => show(undefined),
  };
}
