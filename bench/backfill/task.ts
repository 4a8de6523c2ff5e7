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

export function report(line: BackfillReport): void {
  console.log(JSON.stringify(line));
}
