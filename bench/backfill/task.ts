import type { History } from "../evm-history.ts";

/** What a contender is given, as JSON in its first argument. */
export type BackfillTask = History & {
  readonly url: string;
  readonly chainId: number;
  /** An empty directory for what it writes. */
  readonly directory: string;
};

/** The contender's own account of its run, as the last line that it prints. */
export type BackfillReport = {
  /** From the call that starts the work to its end, milliseconds: without loading the program. */
  readonly workMs: number;
  /** What it did, in its own words. */
  readonly note: string;
};

export function readTask(): BackfillTask {
  const text = process.argv[2];
  if (text === undefined) throw new Error("run this through bench/backfill.ts");
  return JSON.parse(text);
}

/** Adds the processor time to the note: on a busy machine it says more than the clock. */
export function report(line: BackfillReport): void {
  const { user, system } = process.cpuUsage();
  const cpu = `${((user + system) / 1e6).toFixed(2)} s of processor time in this process`;
  console.log(JSON.stringify({ ...line, note: `${line.note}; ${cpu}` }));
}
