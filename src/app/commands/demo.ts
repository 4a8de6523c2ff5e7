import { Command } from "commander";
import { Interruption } from "../interruption.ts";

/** `headwater demo`: nodes of three chains with traffic and the service on them, until a signal ends it. */
export function demoCommand(): Command {
  return new Command("demo")
    .description(
      "start nodes of an EVM chain, of a Bitcoin regtest network and of a Solana cluster, make traffic, and run the service on them",
    )
    .action(async () => {
      using interruption = new Interruption();
      // The demo needs packages that only a clone has: nothing else of the command line may depend on them.
      const { runDemo } = await import("../demo/run-demo.ts");
      await runDemo({ stream: process.stdout, signal: interruption.signal });
    });
}
