import type { ChainPlugin } from "../../src/core/contracts/plugin.ts";
import type { NodeWire } from "../../src/core/contracts/wire.ts";
import type { LedgerBlock } from "../../src/core/model.ts";
import type { FakeClock } from "../../src/testing/fake-clock.ts";
import type { FaultDialect } from "../../src/testing/faulty-node/fault-dialect.ts";

/** What really is on the honest nodes, as the ledger it comes to. Never changed: `mine` and `fork` give new ones. */
export interface HonestChain {
  readonly blocks: readonly LedgerBlock[];
  readonly tip: LedgerBlock;
  /** @param time of the first new block, milliseconds; default an interval after the tip */
  mine(count: number, time?: number): HonestChain;
  /** Another branch above `height`, with `count` blocks of its own. */
  fork(height: number, branch: string, count: number, time?: number): HonestChain;
}

/** An honest node. */
export interface SimulatedNode {
  readonly name: string;
  readonly wire: NodeWire;
  move(chain: HonestChain): void;
}

/** How many blocks below their heads blocks are safe and final: deeper than any honest branch is long. */
export const SAFE_DEPTH = 3;
export const FINAL_DEPTH = 6;

/** All in which a simulation over one family differs from one over another. Made for one run. */
export interface SimulatedFamily {
  readonly chain: string;
  readonly plugin: ChainPlugin;
  readonly pluginName: string;
  readonly profile: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly dialect: FaultDialect;
  /** Six that take part in the traffic. */
  readonly accounts: readonly string[];
  /** What an account has before the first block. */
  owned(account: string, asset: string): bigint;
  /** A chain of at least `length` blocks, the last of them at `tipTime` (milliseconds). */
  build(length: number, tipTime: number, intervalMs: number): HonestChain;
  node(name: string, chain: HonestChain, clock: FakeClock): SimulatedNode;
}
