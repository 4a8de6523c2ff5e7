import { readFileSync } from "node:fs";
import type { ChainConfig } from "../../src/core/contracts/chain-config.ts";
import type { RawBlock } from "../../src/core/contracts/plugin.ts";
import { buildProfile } from "../../src/plugins/solana/profile.ts";
import { blockPath, type Form, type JoinedBlocks } from "./joined-blocks.ts";

/** What is verified, and with it in which form the plugin asks nodes for blocks. */
export type Mode = "headers" | "full";

/** What a contender is given, as JSON in its first argument. */
export type SolanaTask = {
  readonly mode: Mode;
  readonly blocks: Pick<JoinedBlocks, "slots">;
  /** The folder that holds the blocks. */
  readonly folder: string;
  /** An empty directory for what it writes. */
  readonly directory: string;
  /** Which accounts are kept: absent for all. */
  readonly watched?: readonly string[];
  /** Decode threads. */
  readonly threads: number;
};

/** The contender's own account of its run, as the last line that it prints. */
export type SolanaReport = {
  /** For the blocks after the first `WARM_BLOCKS`, milliseconds. */
  readonly workMs: number;
  /** Processor time of that, milliseconds, by kind of thread. */
  readonly cpuMs: Readonly<Record<string, number>>;
  /** The ledger's digest at the last block; empty for those that make none. */
  readonly digest: string;
  /** What it did, in its own words. */
  readonly note: string;
};

/** Code is not hot at a service's start. That is no part of what is measured here. */
export const WARM_BLOCKS = 10;

const FORM: Readonly<Record<Mode, Form>> = { headers: "accounts", full: "full" };

export function readTask(): SolanaTask {
  const text = process.argv[2];
  if (text === undefined) throw new Error("run this through bench/solana.ts");
  return JSON.parse(readFileSync(text, "utf8"));
}

/** The answers of a node, in memory, in the order of the chain. */
export function readAnswers({ blocks, folder, mode }: SolanaTask): { readonly slot: number; readonly bytes: Buffer }[] {
  return blocks.slots.map((slot) => ({ slot, bytes: readFileSync(blockPath(folder, slot, FORM[mode])) }));
}

export function rawBlock(slot: number, bytes: Buffer, mode: Mode): RawBlock {
  return { asked: { height: slot }, profile: profileOf(mode), node: "bench", parts: { answer: bytes } };
}

/** As the plugin chooses it. */
export function profileOf(mode: Mode): string {
  return buildProfile(mode === "full" ? "by-programs" : "by-accounts");
}

export function configOf({ mode, watched, blocks }: SolanaTask): ChainConfig {
  return {
    id: "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
    plugin: "solana",
    index: { from: blocks.slots[0] as number, scope: watched ? "watched" : "all", verify: mode },
    agreement: { operators: 1 },
    lag: { targetSeconds: 15, maxSeconds: 120 },
    nodes: [{ name: "bench", url: "http://127.0.0.1:1", operator: "bench", region: "bench" }],
    options: {},
  };
}

export function report(line: SolanaReport): void {
  console.log(JSON.stringify(line));
}
