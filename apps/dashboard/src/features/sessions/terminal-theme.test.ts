import { expect, test } from "vitest";
import { terminalTheme } from "./terminal-theme.ts";

const channel = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

/** Relative luminance of `#rrggbb` (WCAG 2). */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) =>
    channel(Number.parseInt(colour.slice(at, at + 2), 16) / 255),
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const grounds: Record<string, string> = { dark: "black", light: "" };

test.each(["dark", "light"])("every colour of the %s terminal can be read on its background", (scheme) => {
  const { background = "", ...theme } = terminalTheme(scheme);
  for (const [name, colour] of Object.entries(theme)) {
    if (/cursorAccent|selection|scrollbar/.test(name) || name === grounds[scheme]) continue;
    expect(contrast(String(colour), background), name).toBeGreaterThanOrEqual(4.5);
  }
});
