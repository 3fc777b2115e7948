const edge = 8;
const gap = 4;

/** Where a menu stands in the window: under its button, ending where the button ends as far as the window has room. */
export function placeUnder(button: { right: number; bottom: number }, width: number, windowWidth: number) {
  const furthest = windowWidth - width - edge;
  return { left: Math.max(edge, Math.min(button.right - width, furthest)), top: button.bottom + gap };
}
