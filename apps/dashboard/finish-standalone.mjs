/** Makes what `next build` leaves in `.next/standalone` whole, so that it can be started and cached. */
import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

const built = path.join(import.meta.dirname, ".next");
const standalone = path.join(built, "standalone");

// The server looks for the browser's files beside itself, and the build leaves them elsewhere.
cpSync(path.join(built, "static"), path.join(standalone, "apps/dashboard/.next/static"), { recursive: true });

// What the configuration leaves out of the trace is still linked to, and turbo fails at links that lead nowhere.
for (const entry of readdirSync(standalone, { recursive: true, withFileTypes: true })) {
  const link = path.join(entry.parentPath, entry.name);
  if (entry.isSymbolicLink() && !existsSync(link)) rmSync(link);
}
