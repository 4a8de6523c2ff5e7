import type { SyntheticChain } from "./synthetic-chain.ts";

/** What a contender is given, as JSON in its first argument. */
export type ImportTask = {
  readonly chain: SyntheticChain;
  /** The file that holds the chain. */
  readonly path: string;
  /** An empty directory for what it writes. */
  readonly directory: string;
};

/** The contender's own account of its run, as the last line that it prints. */
export type ImportReport = {
  /** From the first byte to the last commit, milliseconds: without loading the program. */
  readonly workMs: number;
  /** Processor time of the work, milliseconds, by kind of thread. */
  readonly cpuMs: Readonly<Record<string, number>>;
  /** What it did, in its own words. */
  readonly note: string;
};

export function readTask(): ImportTask {
  const text = process.argv[2];
  if (text === undefined) throw new Error("run this through bench/import.ts");
  return JSON.parse(text);
}

export function report(line: ImportReport): void {
  console.log(JSON.stringify(line));
}
