/** Runs the dashboard's built server and ends with the supervisor, of which Next knows nothing. */
import { pathToFileURL } from "node:url";

const leave = () => process.exit(0);
process.on("disconnect", leave);
process.on("SIGTERM", leave);
if (process.send && !process.connected) leave();
// Its own handlers would wait for every open connection; whatever it serves can be asked for again.
process.env.NEXT_MANUAL_SIG_HANDLE = "true";

await import(pathToFileURL(process.argv[2]).href);
