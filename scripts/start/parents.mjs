import { commandLine, isAlive, parentOf, processStart } from "../process-identity.mjs";

/** Other systems than Linux start a program for each look. */
const LOOK_MS = process.platform === "linux" ? 300 : 2_000;

const npm = process.env.npm_lifecycle_event === undefined ? [] : findNpm();

/** npm, and the shell that it may have put between itself and us, as they were when we started. */
function findNpm() {
  const pids = [process.ppid];
  if (/^\S*sh -c /.test(commandLine(process.ppid) ?? "")) pids.push(parentOf(process.ppid));
  return pids.map((pid) => ({ pid, start: processStart(pid) }));
}

/** Calls `stop` when the npm that started us is gone: a signal to it alone does not reach us. */
export function onParentGone(stop) {
  if (npm.length === 0) return;
  const watch = setInterval(() => {
    if (npm.every(isAlive)) return;
    clearInterval(watch);
    stop();
  }, LOOK_MS);
  watch.unref();
}
