export type KeyPress = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "isComposing">;

/** Where a key press goes to: a field keeps its letters, a terminal also keeps what is typed with Ctrl. */
export type Focused = "field" | "terminal" | "page";

/** Whether a key press asks for the search: ⌘K or Ctrl-K wherever one is, `/` where it would not be typed. */
export function asksForSearch(press: KeyPress, focused: Focused): boolean {
  if (press.isComposing || press.altKey) return false;
  if (press.key.toLowerCase() === "k" && !press.shiftKey) {
    return press.metaKey !== press.ctrlKey && (press.metaKey || focused !== "terminal");
  }
  return press.key === "/" && !press.metaKey && !press.ctrlKey && focused === "page";
}

export function focusedKind(element: Element | null): Focused {
  if (element?.closest(".xterm")) return "terminal";
  return element?.closest("input, textarea, select, [contenteditable]:not([contenteditable=false])") ? "field" : "page";
}

/** Which of `count` results a key moves to from `at`; undefined for a key that moves nothing. The ends are joined. */
export function moveTo(key: string, at: number, count: number): number | undefined {
  if (count === 0) return undefined;
  switch (key) {
    case "ArrowDown":
      return (at + 1) % count;
    case "ArrowUp":
      return (at + count - 1) % count;
    case "PageDown":
      return Math.min(at + 5, count - 1);
    case "PageUp":
      return Math.max(at - 5, 0);
    default:
      return undefined;
  }
}
