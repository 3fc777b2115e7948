import type { ITheme } from "@xterm/xterm";

/** Sixteen colours of our own; each but the two that stand for the ground has at least 4.5:1 on its background. */
const dark: ITheme = {
  background: "#12100d",
  foreground: "#e8e5e0",
  cursor: "#62d0bd",
  cursorAccent: "#12100d",
  selectionBackground: "#3c5f58",
  black: "#2b2825",
  red: "#f0827a",
  green: "#7fc98d",
  yellow: "#e3b75f",
  blue: "#82b1f2",
  magenta: "#c99af0",
  cyan: "#62cfc0",
  white: "#cfcac3",
  brightBlack: "#938d85",
  brightRed: "#ff9f97",
  brightGreen: "#9fe0aa",
  brightYellow: "#f5d083",
  brightBlue: "#a7caff",
  brightMagenta: "#ddb8ff",
  brightCyan: "#8be6d8",
  brightWhite: "#faf8f5",
};

const light: ITheme = {
  background: "#fbf9f6",
  foreground: "#26221d",
  cursor: "#0f6a5d",
  cursorAccent: "#fbf9f6",
  selectionBackground: "#bfe3dc",
  black: "#26221d",
  red: "#b3261f",
  green: "#1f6f38",
  yellow: "#845400",
  blue: "#1f5bb8",
  magenta: "#7d3bb3",
  cyan: "#0b6a70",
  white: "#6f6a63",
  brightBlack: "#6b655d",
  brightRed: "#c4322a",
  brightGreen: "#24783e",
  brightYellow: "#8c5b00",
  brightBlue: "#2a67c7",
  brightMagenta: "#8a45c2",
  brightCyan: "#0d7279",
  brightWhite: "#5d5850",
};

export const terminalTheme = (scheme: string | undefined): ITheme => (scheme === "dark" ? dark : light);
