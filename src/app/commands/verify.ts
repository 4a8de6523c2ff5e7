import { stat } from "node:fs/promises";
import { Command } from "commander";
import { systemClock } from "../../core/clock.ts";
import type { VerifiedChain, VerifyReport } from "../../core/contracts/store.ts";
import { HeadwaterError } from "../../core/errors.ts";
import { EXIT } from "../exit-codes.ts";
import { Interruption } from "../interruption.ts";
import { loadServiceConfig } from "../load-service-config.ts";
import { Progress } from "../progress.ts";

/** `headwater verify`: checks the whole store against its own hashes. The service must not run meanwhile. */
export function verifyCommand(): Command {
  return new Command("verify")
    .description("check the store: the journal's hash chain, and every digest recomputed from the stored rows")
    .requiredOption("--config <file>", "the configuration that names the store")
    .action(async ({ config: file }: { config: string }) => {
      using interruption = new Interruption();
      const config = await loadServiceConfig(file);
      const report = await verifyStore(config.store.path, interruption.signal);
      if (report === undefined) {
        process.exitCode = EXIT.interrupted;
        return;
      }
      process.stdout.write(describeReport(report));
      if (report.faults.length > 0) process.exitCode = EXIT.failure;
    });
}

/** Undefined when interrupted. */
async function verifyStore(path: string, signal: AbortSignal): Promise<VerifyReport | undefined> {
  // Opening would make an empty store, and an empty store is flawless: that must not pass for a verified one.
  if (!(await stat(path).catch(() => undefined))?.isDirectory()) {
    throw new HeadwaterError("store-failure", `there is no store at ${path}`);
  }
  const { openLevelStore } = await import("../../store/level/open.ts");
  const store = await openLevelStore(path);
  const progress = new Progress(process.stderr, systemClock);
  try {
    return await store.verify((done, total) => progress.update(describeProgress(done, total)), signal);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    progress.end();
    await store.close();
  }
}

function describeProgress(done: number, total: number): string {
  const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
  return `verifying: ${done} of ${total} (${percent} %)`;
}

/** What is kept in part is never said to be recomputed. */
function describeChain({ chain, scope, blocks, recomputed, transactions, kept }: VerifiedChain): string {
  const counts = `${chain}: ${blocks} blocks, ${transactions} transactions`;
  if (scope === "all") return counts;
  return (
    `${counts} (scope watched: ${kept} are stored, each checked; ${recomputed} blocks recomputed, ` +
    `of ${blocks - recomputed} only the chain of their digests)`
  );
}

function describeReport({ journalEntries, chains, faults }: VerifyReport): string {
  const lines = [`journal: ${journalEntries} entries`];
  for (const chain of chains) lines.push(describeChain(chain));
  for (const { where, expected, actual } of faults) lines.push(`FAULT ${where}: expected ${expected}, got ${actual}`);
  lines.push(faults.length === 0 ? "the store is whole" : `${faults.length} faults`);
  return `${lines.join("\n")}\n`;
}
