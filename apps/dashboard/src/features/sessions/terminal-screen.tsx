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
import { linkHandler } from "./terminal-links.ts";
import { terminalTheme } from "./terminal-theme.ts";

const textEveryMs = 250;
/** The hub sends what it has kept at once after the attach; what comes later is live. */
const replayMs = 400;
const fontSize = 13;
const smallestFontSize = 8;
const fontFamily = '"JetBrains Mono Variable", ui-monospace, "DejaVu Sans Mono", monospace';

type Size = { cols: number; rows: number };

/** What the terminal's owner may do with the screen. What changes it does so behind everything written before. */
export type Screen = {
  /** `done` is called when the bytes are on screen. */
  write(bytes: Uint8Array, done: () => void): void;
  /** Shows another screen instead. */
  replace(snapshot: Size & { text: Uint8Array }, done: () => void): void;
  /** Forgets everything shown, before a screen is replayed from its start. */
  clear(): void;
  /** Shows the terminal at the size its driver gave it, whatever room there is. */
  setSize(cols: number, rows: number): void;
  /** Somebody else's terminal is drawn smaller where it needs more room than there is. */
  setRole(role: { drives: boolean; mayType: boolean }): void;
  /** So many columns and rows fit; undefined while nothing is to be seen. */
  room(): Size | undefined;
  /** What is written in the next moments was printed before: its questions get no answer. */
  replaying(): void;
  focus(): void;
};

export type ScreenEvents = {
  /** What it returns is called when the screen goes. */
  onReady(screen: Screen, room: Size): () => void;
  onTyped(text: string): void;
  onMouse(bytes: Uint8Array): void;
  /** The room changed. */
  onRoom(screen: Screen): void;
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

type Opening = {
  place: HTMLElement;
  text: HTMLElement;
  /** Where it is said whither a link leads. */
  link: HTMLElement;
  theme: ITheme;
  events: () => ScreenEvents;
};

/** Opens a terminal in `place`; it lives until the returned function is called. */
function openTerminal({ place, text, link, theme, events }: Opening) {
  const links = linkHandler((target) => {
    link.textContent = target ?? "";
    link.hidden = target === undefined;
  });
  const terminal = new Terminal({
    allowProposedApi: true,
    fontFamily,
    fontSize,
    linkHandler: links,
    disableStdin: true,
    lineHeight: 1.2,
    scrollback: 10_000,
    minimumContrastRatio: 4.5,
    cursorBlink: false,
    theme,
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(new Unicode11Addon());
  terminal.loadAddon(new WebLinksAddon(links.activate, links));
  terminal.unicode.activeVersion = "11";

  let replayUntil = 0;
  let replayed = 0;
  muteReplies(terminal.parser, () => replayed > 0);
  let drives = false;
  /** Columns and rows at the usual size of letters, also while they are drawn smaller. */
  const room = () => {
    const now = gone ? undefined : fit.proposeDimensions();
    if (!now || now.cols < 2 || now.rows < 2) return undefined;
    const scale = (terminal.options.fontSize ?? fontSize) / fontSize;
    return { cols: Math.floor(now.cols * scale), rows: Math.floor(now.rows * scale) };
  };
  const fitFont = () => {
    const given = room();
    if (!given) return;
    const scale = drives ? 1 : Math.min(1, given.cols / terminal.cols, given.rows / terminal.rows);
    terminal.options.fontSize = Math.max(smallestFontSize, Math.floor(fontSize * scale));
  };
  // What was written is parsed later, in order; this runs between what was written before and after.
  const inOrder = (act: () => void) => terminal.write("", act);
  const resize = (cols: number, rows: number) => {
    if (cols !== terminal.cols || rows !== terminal.rows) terminal.resize(cols, rows);
    fitFont();
  };
  const screen: Screen = {
    write(bytes, done) {
      if (performance.now() > replayUntil) {
        terminal.write(bytes, done);
        return;
      }
      // Parsing happens later, in order: the mark is taken off only when these very bytes are through.
      replayed += 1;
      terminal.write(bytes, () => {
        replayed -= 1;
        done();
      });
    },
    replace({ cols, rows, text: painted }, done) {
      inOrder(() => {
        terminal.reset();
        resize(cols, rows);
      });
      terminal.write(painted, done);
    },
    clear: () => inOrder(() => terminal.reset()),
    setSize: (cols, rows) => inOrder(() => resize(cols, rows)),
    setRole(role) {
      drives = role.drives;
      terminal.options.disableStdin = !role.mayType;
      fitFont();
    },
    room,
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
  terminal.onData((typed) => events().onTyped(typed));
  terminal.onBinary((typed) => events().onMouse(fromBinary(typed)));
  terminal.onWriteParsed(textSoon);
  terminal.onScroll(textSoon);
  terminal.onResize(textSoon);

  const observer = new ResizeObserver(() =>
    requestAnimationFrame(() => {
      if (gone) return;
      fitFont();
      events().onRoom(screen);
    }),
  );

  let gone = false;
  let leave: (() => void) | undefined;
  // Cells are measured once: with the fallback font they would stay wrong.
  void document.fonts.load(`${fontSize}px ${fontFamily}`).finally(() => {
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
  const link = useRef<HTMLParagraphElement>(null);
  const opened = useRef<Terminal>(null);
  const { resolvedTheme } = useTheme();
  const theme = terminalTheme(resolvedTheme);
  const latest = useRef({ events, theme });
  useEffect(() => {
    latest.current = { events, theme };
    if (opened.current) opened.current.options.theme = theme;
  }, [events, theme]);

  useEffect(() => {
    if (!box.current || !text.current || !link.current) return;
    const { terminal, close } = openTerminal({
      place: box.current,
      text: text.current,
      link: link.current,
      theme: latest.current.theme,
      events: () => latest.current.events,
    });
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
      <p
        ref={link}
        hidden
        data-testid="link-target"
        className="pointer-events-none absolute bottom-0 left-0 max-w-full truncate border bg-surface px-2 py-1 text-xs"
      />
    </section>
  );
}
