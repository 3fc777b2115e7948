import { type Browser, chromium } from "playwright-core";
import { findChromium, howToInstall } from "../check/chromium.mjs";

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

/** The system's Chromium, with a profile of its own. Throws with how to install it where there is none. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(howToInstall);
  return chromium.launch({ executablePath, args: flags });
}
