"use client";
import "@xterm/xterm/css/xterm.css";
import { FitAddon } from "@xterm/addon-fit";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { WebglAddon } from "@xterm/addon-webgl";
import { type ITheme, Terminal } from "@xterm/xterm";
import { useTheme } from "next-themes";
import { useEffect, useRef } from "react";
import { muteReplies } from "./reply-filter.ts";
import { terminalTheme } from "./terminal-theme.ts";

const textEveryMs = 250;
/** The hub sends what it has kept at once after the attach; what comes later is live. */
const replayMs = 400;
const fontFamily = '"JetBrains Mono Variable", ui-monospace, "DejaVu Sans Mono", monospace';

/** What the terminal's owner may do with the screen. */
type Screen = {
  write(bytes: Uint8Array): void;
  /** Forgets everything shown, before a screen is replayed from its start. */
  clear(): void;
  /** Shows the terminal at the size its owner gave it, whatever room there is. */
  setSize(cols: number, rows: number): void;
  /** What is written in the next moments was printed before: its questions get no answer. */
  replaying(): void;
  focus(): void;
};

export type ScreenEvents = {
  /** What it returns is called when the screen goes. */
  onReady(screen: Screen, size: { cols: number; rows: number }): () => void;
  onInput(bytes: Uint8Array): void;
  /** The room changed: so many columns and rows would fit now. */
  onRoom(cols: number, rows: number, screen: Screen): void;
};

/** Binary strings (mouse reports) carry one byte per character. */
const fromBinary = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

function visibleText({ rows, buffer: { active } }: Terminal): string {
  const lines = Array.from({ length: rows }, (_, row) =>
    active.getLine(active.viewportY + row)?.translateToString(true),
  );
  return lines.join("\n").trimEnd();
}

/** WebGL where the browser has it; where it has not, or loses it, xterm's own renderer goes on. */
function drawWithWebgl(terminal: Terminal): void {
  try {
    const webgl = new WebglAddon();
    webgl.onContextLoss(() => webgl.dispose());
    terminal.loadAddon(webgl);
  } catch {
    // The DOM renderer is in place already.
  }
}

/** Opens a terminal in `place`; it lives until the returned function is called. */
function openTerminal(place: HTMLElement, text: HTMLElement, theme: ITheme, events: () => ScreenEvents) {
  const terminal = new Terminal({
    allowProposedApi: true,
    fontFamily,
    fontSize: 13,
    lineHeight: 1.2,
    scrollback: 10_000,
    minimumContrastRatio: 4.5,
    cursorBlink: false,
    theme,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(new Unicode11Addon());
  terminal.loadAddon(new WebLinksAddon());
  terminal.unicode.activeVersion = "11";

  let replayUntil = 0;
  let replayed = 0;
  muteReplies(terminal.parser, () => replayed > 0);
  const screen: Screen = {
    write(bytes) {
      if (performance.now() > replayUntil) {
        terminal.write(bytes);
        return;
      }
      // Parsing happens later, in order: the mark is taken off only when these very bytes are through.
      replayed += 1;
      terminal.write(bytes, () => {
        replayed -= 1;
      });
    },
    clear: () => terminal.reset(),
    setSize: (cols, rows) => {
      if (cols !== terminal.cols || rows !== terminal.rows) terminal.resize(cols, rows);
    },
    replaying: () => {
      replayUntil = performance.now() + replayMs;
    },
    focus: () => terminal.focus(),
  };

  let textTimer: ReturnType<typeof setTimeout> | undefined;
  const textSoon = () => {
    textTimer ??= setTimeout(() => {
      textTimer = undefined;
      text.textContent = visibleText(terminal);
    }, textEveryMs);
  };
  const encoder = new TextEncoder();
  terminal.onData((typed) => events().onInput(encoder.encode(typed)));
  terminal.onBinary((typed) => events().onInput(fromBinary(typed)));
  terminal.onWriteParsed(textSoon);
  terminal.onScroll(textSoon);
  terminal.onResize(textSoon);

  const observer = new ResizeObserver(() =>
    requestAnimationFrame(() => {
      const room = gone ? undefined : fit.proposeDimensions();
      if (room && room.cols > 1 && room.rows > 1) events().onRoom(room.cols, room.rows, screen);
    }),
  );

  let gone = false;
  let leave: (() => void) | undefined;
  // Cells are measured once: with the fallback font they would stay wrong.
  void document.fonts.load(`13px ${fontFamily}`).finally(() => {
    if (gone) return;
    terminal.open(place);
    drawWithWebgl(terminal);
    fit.fit();
    observer.observe(place);
    leave = events().onReady(screen, { cols: terminal.cols, rows: terminal.rows });
  });

  return {
    terminal,
    close: () => {
      gone = true;
      leave?.();
      observer.disconnect();
      clearTimeout(textTimer);
      terminal.dispose();
    },
  };
}

/** An xterm that fills its box. Rows drawn by WebGL are not in the page, so their text is kept beside it, out of sight. */
export function TerminalScreen({ events, label }: { events: ScreenEvents; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  const text = useRef<HTMLPreElement>(null);
  const opened = useRef<Terminal>(null);
  const { resolvedTheme } = useTheme();
  const theme = terminalTheme(resolvedTheme);
  const latest = useRef({ events, theme });
  useEffect(() => {
    latest.current = { events, theme };
    if (opened.current) opened.current.options.theme = theme;
  }, [events, theme]);

  useEffect(() => {
    if (!box.current || !text.current) return;
    const { terminal, close } = openTerminal(
      box.current,
      text.current,
      latest.current.theme,
      () => latest.current.events,
    );
    opened.current = terminal;
    return () => {
      opened.current = null;
      close();
    };
  }, []);

  return (
    <section aria-label={label} data-testid="terminal" className="relative h-full overflow-auto bg-terminal p-2">
      <div ref={box} className="h-full" />
      <pre
        ref={text}
        data-testid="terminal-text"
        role="log"
        aria-live="off"
        aria-label="Terminal text"
        className="sr-only"
      />
    </section>
  );
}
