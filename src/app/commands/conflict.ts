import { Command, InvalidArgumentError } from "commander";
import {
  type ConflictedChain,
  describeConflict,
  describePlan,
  openConflictedChain,
  type Resolution,
} from "../conflict.ts";
import { EXIT } from "../exit-codes.ts";
import { loadServiceConfig } from "../load-service-config.ts";

type ResolveOptions = {
  readonly config: string;
  readonly rollBackTo?: number;
  readonly keep: boolean;
  readonly yes: boolean;
};

/** `headwater conflict`: what to do when nodes contradict what was final. Works on the store of a stopped service. */
export function conflictCommand(): Command {
  const conflict = new Command("conflict").description(
    "show and resolve a conflict about final blocks, service stopped",
  );
  conflict.addCommand(showCommand());
  conflict.addCommand(resolveCommand());
  return conflict;
}

function showCommand(): Command {
  return new Command("show")
    .description("show the conflict of a chain: which blocks, who stands for which")
    .argument("<chain>", "the chain's id or alias")
    .requiredOption("--config <file>", "the configuration that names the store")
    .action(async (name: string, { config }: { config: string }) => {
      const opened = await openConflictedChain(await loadServiceConfig(config), name);
      try {
        process.stdout.write(await describeConflict(opened));
      } finally {
        await opened.store.close();
      }
    });
}

function resolveCommand(): Command {
  return new Command("resolve")
    .description("end the conflict of a chain, by keeping its blocks or by going back before the disputed ones")
    .argument("<chain>", "the chain's id or alias")
    .requiredOption("--config <file>", "the configuration that names the store")
    .option("--roll-back-to <height>", "take back every block above this height, also final ones", parseHeight)
    .option("--keep", "keep all blocks: the nodes that contradict are wrong", false)
    .option("--yes", "do it; without this, only say what would be done", false)
    .action(async (name: string, options: ResolveOptions, command: Command) => {
      const resolution = chooseResolution(options, command);
      const opened = await openConflictedChain(await loadServiceConfig(options.config), name);
      try {
        await resolve(opened, resolution, options.yes);
      } finally {
        await opened.store.close();
      }
    });
}

async function resolve(opened: ConflictedChain, resolution: Resolution, confirmed: boolean): Promise<void> {
  const { plan, carryOut } = await describePlan(opened, resolution);
  if (!confirmed) {
    process.stdout.write(
      `${await describeConflict(opened)}\n${plan}Nothing was changed. Repeat with --yes to do it.\n`,
    );
    process.exitCode = EXIT.failure;
    return;
  }
  await carryOut();
  process.stdout.write(`${plan}Done. Start the service again.\n`);
}

function chooseResolution({ rollBackTo, keep }: ResolveOptions, command: Command): Resolution {
  if (keep === (rollBackTo !== undefined)) {
    command.error("error: name one of --keep and --roll-back-to <height>", { exitCode: EXIT.usage });
  }
  return rollBackTo === undefined ? { kind: "keep" } : { kind: "roll-back", height: rollBackTo };
}

function parseHeight(text: string): number {
  const height = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(height)) return height;
  throw new InvalidArgumentError("Expected a height in decimal digits.");
}
