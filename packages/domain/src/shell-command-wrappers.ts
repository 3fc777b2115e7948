import type { Word } from "./shell-command-word.ts";

/** How a program that runs another one is called. */
interface Wrapper {
  /** Options that stand alone. */
  readonly flags?: RegExp;
  /** Options whose value is the next word. */
  readonly valued?: readonly string[];
  /** Arguments of its own before the command. */
  readonly positional?: number;
  /** `NAME=value` may stand before the command. */
  readonly assigns?: boolean;
  /** When the command alone does not say what is run: as whom, with which settings. */
  readonly adds?: "always" | "options";
}

const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  nohup: {},
  noglob: {},
  nocorrect: {},
  builtin: {},
  command: { flags: /^-p$/ },
  exec: { flags: /^-[cl]+$/, valued: ["-a"] },
  nice: { flags: /^(?:-\d+|--adjustment=-?\d+|-n-?\d+)$/, valued: ["-n", "--adjustment"] },
  timeout: {
    flags: /^(?:-v|--verbose|--foreground|--preserve-status|--(?:signal|kill-after)=.+|-[sk].+)$/,
    valued: ["-s", "-k", "--signal", "--kill-after"],
    positional: 1,
  },
  time: { flags: /^-p$/ },
  stdbuf: { flags: /^(?:-[ioe].+|--(?:input|output|error)=.+)$/, valued: ["-i", "-o", "-e"] },
  setsid: { flags: /^(?:-[cfw]+|--(?:ctty|fork|wait))$/ },
  ionice: { flags: /^(?:-t|-[cn]\d)$/, valued: ["-c", "-n"] },
  env: {
    flags: /^(?:-|-i|--ignore-environment|--unset=.+|--chdir=.+)$/,
    valued: ["-u", "-C"],
    assigns: true,
    adds: "options",
  },
  sudo: {
    flags: /^(?:-[AbEHknPS]+|--(?:user|group|host|prompt|chdir|close-from|non-interactive)(?:=.+)?)$/,
    valued: ["-u", "-g", "-h", "-p", "-C", "-D", "-R", "-r", "-t", "-T", "-U"],
    assigns: true,
    adds: "always",
  },
  doas: { flags: /^-[Lns]+$/, valued: ["-u", "-C"], adds: "always" },
  chroot: { flags: /^--(?:groups|userspec)=.+$/, positional: 1, adds: "always" },
  busybox: { adds: "always" },
};

const XARGS: Wrapper = {
  flags: /^(?:-[0rtpx]+|-[InPLdEsa].+|--(?:null|no-run-if-empty|verbose|(?:max-\w+|delimiter|arg-file)=.+))$/,
  valued: ["-n", "-P", "-L", "-d", "-E", "-s", "-a", "-I"],
};

/** Programs that run others in ways we do not take apart. */
const OPAQUE = new Set([
  "su",
  "parallel",
  "watch",
  "script",
  "flock",
  "unshare",
  "nsenter",
  "strace",
  "runuser",
  "pkexec",
]);
const SHELLS = new Set(["sh", "bash", "dash", "zsh", "ksh", "ash", "fish"]);
const ANYTHING: Word = [{}];

/** What a command runs besides itself. */
export type Wrapped =
  | { readonly kind: "plain" }
  /** What it runs is made up while it runs. */
  | { readonly kind: "uncertain" }
  /** It runs something that only it knows. */
  | { readonly kind: "opaque" }
  /** `adds`: the command within does not say all, so that what allows it does not allow the whole. */
  | { readonly kind: "command"; readonly words: readonly Word[]; readonly adds: boolean }
  /** Commands within that run besides itself. */
  | { readonly kind: "commands"; readonly commands: readonly (readonly Word[])[] }
  /** `besides`: it is also something by itself. */
  | { readonly kind: "script"; readonly script: string | undefined; readonly besides: boolean };

/** What is run by a command that may be there to run another one. */
export function unwrap(words: readonly Word[]): Wrapped {
  const [program, ...given] = words;
  const name = literal(program)?.split("/").at(-1);
  if (name === undefined) return { kind: "plain" };
  const wrapper = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined;
  if (wrapper) return unwrapCommand(given, wrapper);
  if (name === "xargs") return unwrapXargs(given);
  if (name === "find") return unwrapFind(given);
  if (name === "eval") return { kind: "script", script: joined(given), besides: false };
  if (name === "trap") return unwrapTrap(given);
  if (SHELLS.has(name)) return unwrapShell(given);
  return { kind: OPAQUE.has(name) ? "opaque" : "plain" };
}

function unwrapCommand(given: readonly Word[], wrapper: Wrapper): Wrapped {
  const start = commandStart(given, wrapper);
  if (typeof start !== "number") return start;
  const words = given.slice(start);
  // `nohup` alone, or `command -v git`, which runs nothing.
  if (words.length === 0) return { kind: "plain" };
  const adds = wrapper.adds === "always" || (wrapper.adds === "options" && start > 0);
  return { kind: "command", words, adds };
}

/** Where the command within begins, unless an option is not known. */
function commandStart(given: readonly Word[], wrapper: Wrapper): number | Wrapped {
  let at = 0;
  for (; at < given.length; at += 1) {
    const text = literal(given[at]);
    if (text === undefined) return isHome(given[at]) ? at : { kind: "uncertain" };
    if (text === "--") {
      at += 1;
      break;
    }
    if (wrapper.valued?.includes(text)) at += 1;
    else if (wrapper.flags?.test(text)) continue;
    else if (text.startsWith("-")) return { kind: "opaque" };
    else break;
  }
  at += wrapper.positional ?? 0;
  while (wrapper.assigns && /^[A-Za-z_]\w*=/.test(beginning(given[at]))) at += 1;
  return at;
}

function unwrapXargs(given: readonly Word[]): Wrapped {
  const start = commandStart(given, XARGS);
  if (typeof start !== "number") return start;
  const words = given.slice(start);
  // Without a command it is echo.
  if (words.length === 0) return { kind: "plain" };
  const marker = markerOf(given.slice(0, start));
  // It fills in what it reads: behind the command, or wherever its marker stands.
  const isFilled = (word: Word) =>
    marker !== undefined && word.some((piece) => typeof piece !== "string" || piece.includes(marker));
  const filled = marker === undefined ? [...words, ANYTHING] : words.map((word) => (isFilled(word) ? ANYTHING : word));
  return { kind: "commands", commands: [filled] };
}

/** What `-I` names. */
function markerOf(options: readonly Word[]): string | undefined {
  const texts = options.map((word) => literal(word) ?? "");
  const at = texts.findIndex((text) => text.startsWith("-I"));
  return at < 0 ? undefined : texts[at]?.slice(2) || texts[at + 1];
}

/** The commands of `-exec` and its like, each up to `;` or `+`. */
function unwrapFind(given: readonly Word[]): Wrapped {
  const commands: Word[][] = [];
  let open: Word[] | undefined;
  for (const word of given) {
    const text = literal(word);
    if (open && (text === ";" || text === "+")) open = undefined;
    else if (open) open.push(text?.includes("{}") ? ANYTHING : word);
    else if (text !== undefined && /^-(?:exec|ok)(?:dir)?$/.test(text)) {
      open = [];
      commands.push(open);
    }
  }
  return commands.length === 0 ? { kind: "plain" } : { kind: "commands", commands };
}

function unwrapTrap(given: readonly Word[]): Wrapped {
  const first = literal(given[0]);
  if (given.length < 2 || first === "-" || first === "" || first === "-l" || first === "-p") return { kind: "plain" };
  return { kind: "script", script: first, besides: true };
}

function unwrapShell(given: readonly Word[]): Wrapped {
  for (let at = 0; at < given.length; at += 1) {
    const text = literal(given[at]);
    if (text === undefined) return { kind: "opaque" };
    if (/^-[a-z]*c$/.test(text)) return { kind: "script", script: literal(given[at + 1]), besides: false };
    if (text === "-o" || text === "+o") at += 1;
    else if (/^(?:[-+][aefhlmnuvx]+|--(?:login|norc|noprofile|posix))$/.test(text)) continue;
    else return { kind: text.startsWith("-") || text.startsWith("+") ? "opaque" : "plain" };
  }
  // What it is to run comes from elsewhere.
  return { kind: "opaque" };
}

const joined = (words: readonly Word[]): string | undefined => {
  const texts = words.map(literal);
  return texts.every((text) => text !== undefined) ? texts.join(" ") : undefined;
};

const isHome = (word: Word | undefined): boolean => typeof word?.[0] === "object" && word[0].source === "~";

const beginning = (word: Word | undefined): string => (typeof word?.[0] === "string" ? word[0] : "");

/** The word's text, when all of it is known. */
function literal(word: Word | undefined): string | undefined {
  if (!word) return undefined;
  if (word.length === 0) return "";
  return word.length === 1 && typeof word[0] === "string" ? word[0] : undefined;
}
