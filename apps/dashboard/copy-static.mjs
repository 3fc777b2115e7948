// The standalone server looks for the browser's files beside itself, and `next build` leaves them elsewhere.
import { cpSync } from "node:fs";
import path from "node:path";

const built = path.join(import.meta.dirname, ".next");
cpSync(path.join(built, "static"), path.join(built, "standalone/apps/dashboard/.next/static"), { recursive: true });
