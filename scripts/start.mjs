/** `npm start`: installs and builds what changed, then keeps one instance running until it is told to stop. */
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { bootstrap, build, root } from "./bootstrap.mjs";
import { claim } from "./claim.mjs";
import { Refusal, runScript } from "./refusal.mjs";
import { endParts } from "./start/leftovers.mjs";
import { onParentGone } from "./start/parents.mjs";
import { whyNotFree } from "./start/ports.mjs";
import { readSettings, usage } from "./start/settings.mjs";

/** A supervisor notices that npm was killed, and one that stops takes its time. */
const RUNNING_PATIENCE_MS = 2_500;
const STOPPING_PATIENCE_MS = 60_000;
/** A Ctrl-C reaches npm and us, and npm passes it on: one wish, not two. */
const SAME_WISH_MS = 1_000;
const say = (text) => console.log(text);

async function main() {
  const settings = readSettings();
  if (settings.help) return void say(usage);
  const held = await claimHome(settings);
  try {
    await endParts(settings.home, say);
    await requirePort(settings);
    await bootstrap();
    await build();
    return await supervise(settings, held);
  } finally {
    held.release();
  }
}

async function claimHome({ home, localUrl }) {
  mkdirSync(home, { recursive: true, mode: 0o711 });
  const held = await claim(path.join(home, "run"), "supervisor", ({ state }, waitedMs) =>
    state === "stopping" ? waitedMs < STOPPING_PATIENCE_MS : waitedMs < RUNNING_PATIENCE_MS,
  );
  if (held.holder) {
    const { pid, url } = held.holder;
    throw new Refusal(
      `Orchestratia already runs on ${home}${url ? `: ${url}` : ""} (process ${pid}).\n` +
        "Stop it there with Ctrl-C, or start another one beside it:\n" +
        "  ORCHESTRATIA_HOME=~/.orchestratia-2 PORT=8001 npm start",
    );
  }
  held.say({ state: "starting", url: localUrl });
  return held;
}

async function requirePort({ port, host }) {
  const code = await whyNotFree(port, host);
  if (code === undefined) return;
  if (code === "EADDRINUSE") {
    throw new Refusal(
      `Port ${port} on ${host} is taken by another program. Choose another one: PORT=${port + 1} npm start`,
    );
  }
  throw new Refusal(`Cannot listen on ${host}, port ${port}: ${code}. HOST and PORT say where`);
}

async function supervise(settings, held) {
  // Only now: it needs what was installed.
  const { Supervisor } = await import("./supervisor.mjs");
  const supervisor = new Supervisor({ root, settings, say });
  stopWhenTold(supervisor, (text) => {
    held.say({ state: "stopping", url: settings.localUrl });
    say(text);
  });
  try {
    const { url, setupLink } = await supervisor.start();
    held.say({ state: "ready", url });
    say(readyText(settings, url, setupLink));
  } catch (error) {
    const wasTold = supervisor.isStopping;
    await supervisor.stop(1);
    if (!wasTold) throw error;
  }
  return supervisor.ended;
}

function stopWhenTold(supervisor, onStop) {
  let since;
  let isForced = false;
  const stop = () => {
    if (since === undefined) {
      since = Date.now();
      onStop("\nStopping (Ctrl-C again: at once)");
      void supervisor.stop(0);
    } else if (Date.now() - since > SAME_WISH_MS && !isForced) {
      isForced = true;
      say("Stopping at once now");
      void supervisor.force();
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
  // The terminal may be gone before us.
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
  onParentGone(stop);
}

function readyText({ home, port }, url, setupLink) {
  const isDefault = home === path.join(homedir(), ".orchestratia") && port === 8000;
  const demo = isDefault ? "npm run demo" : `ORCHESTRATIA_HOME=${home} PORT=${port} npm run demo`;
  const lines = [
    ["Open", url],
    ...(setupLink ? [["Set it up, once", setupLink]] : []),
    ["Run the demo", "the button on the page, or from a second terminal:"],
    ["", demo],
    ["Data and logs", home],
    ["Stop", "Ctrl-C"],
  ];
  return `\nOrchestratia is ready (${process.uptime().toFixed(1)} s)\n\n${lines.map(([what, how]) => `  ${what.padEnd(17)}${how}`).join("\n")}\n`;
}

await runScript(async () => {
  const code = await main();
  // Timers and channels of what was stopped by force must not keep us.
  setImmediate(() => process.exit(code ?? 0));
  return code;
});
