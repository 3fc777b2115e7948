import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // The terminals draw with WebGL; where there is no graphics card this draws for it.
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
];

/** Throws with how to install it where there is none. */
function chromiumPath(env = process.env): string {
  if (env.CHROMIUM_PATH) return env.CHROMIUM_PATH;
  const folders = ["/usr/bin", ...(env.PATH ?? "").split(delimiter)];
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
  if (found) return found;
  throw new Error(
    "The browser test needs Chromium. Install it (Debian: apt-get install -y chromium), name it with CHROMIUM_PATH, " +
      "or leave the test out with ORCHESTRATIA_SKIP_BROWSER=1.",
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The system's Chromium, with a profile of its own. */
export const launchChromium = (): Promise<Browser> => chromium.launch({ executablePath: chromiumPath(), args: flags });
