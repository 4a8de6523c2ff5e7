#!/usr/bin/env node
// Starts the command line: from its source in a clone, from dist/ in a package. This file alone must run on an old Node,
// so that it can say what is needed, or hand over to the newer one that `npm ci` brings along.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const NEEDED = 24;
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
// Node strips no types below node_modules, where a package stands.
const inPackage = /[\\/]node_modules[\\/]/.test(at("."));
const source = at("../src/app/cli.ts");
const built = at("../dist/app/cli.js");
const pinned = at("../node_modules/.bin/node");

function fail(message) {
  process.stderr.write(`headwater: ${message}\n`);
  process.exitCode = 1;
}

function handOver() {
  // A process group of its own: a terminal's Ctrl-C then comes once, through here, and not a second time directly.
  const child = spawn(pinned, process.argv.slice(1), { stdio: "inherit", detached: true });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`${pinned} could not be started: ${error.message}`));
  child.on("exit", (code, signal) => {
    process.exitCode = code === null ? 128 + constants.signals[signal] : code;
  });
}

if (Number(process.versions.node.split(".")[0]) < NEEDED) {
  if (process.env.HEADWATER_HANDED_OVER !== "1" && existsSync(pinned)) {
    process.env.HEADWATER_HANDED_OVER = "1";
    handOver();
  } else {
    fail(
      `Node ${NEEDED} or newer is needed, this is ${process.versions.node}. Install it, or run "npm ci" in a clone.`,
    );
  }
} else if (!inPackage && existsSync(source)) {
  await import("../src/app/cli.ts");
} else if (existsSync(built)) {
  await import("../dist/app/cli.js");
} else {
  fail('neither src/ nor dist/ is here: run "npm run build", or install the package anew.');
}
