// A process with a service that stops as its argument says. Run by interruption.test.ts.
import { Interruption, runUntilInterrupted } from "../../../src/app/interruption.ts";

const [mode] = process.argv.slice(2);
const say = (text: string) => process.stdout.write(`${text}\n`);
const finished = Promise.withResolvers<void>();
let stops = 0;

const service = {
  finished: finished.promise,
  async stop() {
    say(`stop ${++stops}`);
    if (mode === "never") return new Promise<void>(() => {});
    if (mode === "fails") throw new Error("cannot stop");
    finished.resolve();
  },
};

using interruption = new Interruption();
// Keeps the process alive as a listening service would.
const alive = setInterval(() => {}, 60_000);
if (mode === "ends") finished.resolve();
if (mode === "breaks") finished.reject(new Error("broken"));
say("ready");
try {
  await runUntilInterrupted(
    service,
    interruption.signal,
    mode === "never" && process.argv[3] ? Number(process.argv[3]) : undefined,
  );
  say("ended");
} catch (error) {
  say(String(error));
  process.exitCode = 1;
} finally {
  clearInterval(alive);
}
