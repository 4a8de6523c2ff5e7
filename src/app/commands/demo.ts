import { Command } from "commander";
import { Interruption } from "../interruption.ts";

/** `headwater demo`: three real nodes with traffic and the service on them, until a signal ends it. */
export function demoCommand(): Command {
  return new Command("demo")
    .description("start three nodes of a chain of their own, make traffic, and run the service on them")
    .action(async () => {
      using interruption = new Interruption();
      // The demo needs packages that only a clone has: nothing else of the command line may depend on them.
      const { runDemo } = await import("../demo/run-demo.ts");
      await runDemo({ stream: process.stdout, signal: interruption.signal });
    });
}
