// The command line's entry: `node src/app/cli.ts COMMAND`, or bin/headwater.mjs.
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { EXIT } from "./exit-codes.ts";

// Compiled code is kept between starts, beside the installed packages: it halves the time until a command does something.
enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/headwater", import.meta.url)));
const { runProgram } = await import("./program.ts");

/** How long open sockets may keep the process alive after all is done, milliseconds. */
const LINGER_MS = 2_000;

// Whoever reads our output may stop reading (`headwater status | head -1`): that is no fault.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // A terminal that was closed: its SIGHUP ends what runs in good order, which an exit here would cut short.
    if (error.code === "EIO") return;
    process.exit(error.code === "EPIPE" ? EXIT.ok : EXIT.failure);
  });
}

const code = await runProgram(process.argv.slice(2));
process.exitCode = code;
setTimeout(() => process.exit(code), LINGER_MS).unref();
