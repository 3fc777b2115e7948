/** `npm test`: installs and builds what changed, then runs every check. */
import { bootstrap, build } from "./bootstrap.mjs";
import { check } from "./check.mjs";
import { runScript } from "./refusal.mjs";

await runScript(async () => {
  await bootstrap();
  await build();
  return check();
});
