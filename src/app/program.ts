import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { configCommand } from "./commands/config-check.ts";
import { conflictCommand } from "./commands/conflict.ts";
import { demoCommand } from "./commands/demo.ts";
import { faultyNodeCommand } from "./commands/faulty-node.ts";
import { nodesCommand } from "./commands/nodes.ts";
import { startCommand } from "./commands/start.ts";
import { statusCommand } from "./commands/status.ts";
import { verifyCommand } from "./commands/verify.ts";
import { formatErrorBlock } from "./error-block.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";

/**
 * Runs one command line. Never throws: an error is written to the standard error as one block.
 * @param args what follows the program's name
 * @returns the exit code (docs/cli.md)
 */
export async function runProgram(args: readonly string[]): Promise<number> {
  try {
    await buildProgram().parseAsync(args, { from: "user" });
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    // Commander has already written what is wrong with the usage, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    process.stderr.write(formatErrorBlock(error, process.env["HEADWATER_DEBUG"] === "1"));
    return exitCodeOf(error);
  }
}

/** The whole command line. The commands end by throwing a CommanderError where commander would end the process. */
export function buildProgram(): Command {
  const program = new Command("headwater")
    .description("Multi-chain node synchronization: redundant nodes in, a verified ledger out.")
    .version(readVersion())
    .showHelpAfterError("(headwater --help lists the commands)");
  const commands = [
    startCommand(),
    demoCommand(),
    configCommand(),
    statusCommand(),
    nodesCommand(),
    conflictCommand(),
    verifyCommand(),
    faultyNodeCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  overrideExit(program);
  return program;
}

// Commander would otherwise end the process by itself, before anything else is closed.
function overrideExit(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) overrideExit(inner);
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return String((manifest as { version: unknown }).version);
}
