import { homedir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { Refusal } from "../refusal.mjs";

export const usage = `npm start [-- --keep-sessions]

Starts the hub with its database and dashboard, and one daemon for this machine.

  --keep-sessions     leave the terminals running when it stops; the next start takes them over
  --help

Environment:
  ORCHESTRATIA_HOME   data folder (~/.orchestratia)
  PORT, HOST          where it listens (8000 on 127.0.0.1)
  PUBLIC_URL          the address that links and registration tokens carry, when it is another
  DATABASE_URL        a Postgres of your own; without it the hub runs its own
`;

/** What the person who starts it asks for. */
export function readSettings(env = process.env, argv = process.argv.slice(2)) {
  const { "keep-sessions": keepSessions, help } = readArguments(argv);
  const port = Number(env.PORT || 8000);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Refusal(`PORT must be a number from 1 to 65535, and is ${env.PORT}`);
  }
  const host = env.HOST || "127.0.0.1";
  // npm runs us in the clone; a relative folder is meant from where the command was typed.
  const home = path.resolve(env.INIT_CWD ?? ".", env.ORCHESTRATIA_HOME || path.join(homedir(), ".orchestratia"));
  return { home, port, host, localUrl: localUrl(host, port), keepSessions, help };
}

function readArguments(args) {
  const flag = { type: "boolean", default: false };
  try {
    return parseArgs({ args, options: { "keep-sessions": flag, help: flag } }).values;
  } catch (error) {
    throw new Refusal(`${error.message}\n\n${usage}`);
  }
}

/** Where programs on this machine reach the hub. */
function localUrl(host, port) {
  const name = { "0.0.0.0": "127.0.0.1", "::": "[::1]" }[host] ?? host;
  return `http://${name.includes(":") && !name.startsWith("[") ? `[${name}]` : name}:${port}`;
}

/** What only the hub needs, and mostly secret: neither the dashboard nor agents get to see it. */
const HUB_ONLY = /^(DATABASE_URL|PUBLIC_URL|ORCHESTRATIA_SECRET_KEYS|RECORDINGS_\w+|OAUTH_(GOOGLE|GITHUB|OIDC)_\w+)$/;

/** What the hub gets besides the environment of every part. */
export const hubEnvironment = (env = process.env) =>
  Object.fromEntries(Object.entries(env).filter(([name, value]) => value && HUB_ONLY.test(name)));

/** The environment of the parts: that of the person, without what npm put into it for us. */
export function partEnvironment({ home }, env = process.env) {
  const kept = Object.entries(env).filter(
    ([name]) => !/^npm_|^INIT_CWD$|^PORT$|^HOST$/.test(name) && !HUB_ONLY.test(name),
  );
  const folders = (env.PATH ?? "").split(path.delimiter);
  return {
    ...Object.fromEntries(kept),
    PATH: folders.filter((folder) => !/node_modules\/\.bin$|node-gyp-bin$/.test(folder)).join(path.delimiter),
    ORCHESTRATIA_HOME: home,
  };
}
