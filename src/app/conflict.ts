import { stat } from "node:fs/promises";
import type { HeadwaterConfig } from "../config/headwater-config.ts";
import { quote } from "../core/caip.ts";
import type { ConflictRecord, Voice } from "../core/contracts/records.ts";
import type { ChainLedger, LedgerStore, LedgerTerms } from "../core/contracts/store.ts";
import { HeadwaterError } from "../core/errors.ts";
import type { BlockRef } from "../core/model.ts";
import { showControls } from "../telemetry/show-controls.ts";

/** A chain of a stopped service that waits for its operator's word. Whoever opens it closes the store. */
export type ConflictedChain = {
  readonly store: LedgerStore;
  readonly ledger: ChainLedger;
  readonly conflict: ConflictRecord;
};

/** The chain's own blocks are right, or they are wrong above a height. */
export type Resolution = { readonly kind: "keep" } | { readonly kind: "roll-back"; readonly height: number };

/**
 * @param name the chain's id or alias in the configuration
 * @throws HeadwaterError `store-locked` while the service runs, `chain-unknown`, `invalid-request` where there is no conflict
 */
export async function openConflictedChain(config: HeadwaterConfig, name: string): Promise<ConflictedChain> {
  const chain = config.chains.find(({ id, alias }) => id === name || alias === name);
  if (!chain) {
    const known = config.chains.map(({ id, alias }) => alias ?? id).join(", ");
    throw new HeadwaterError("chain-unknown", `${quote(name)} is not configured: expected one of ${known}`);
  }
  const { path } = config.store;
  // Opening would make an empty store where there is none.
  if (!(await stat(path).catch(() => undefined))?.isDirectory()) {
    throw new HeadwaterError("store-failure", `there is no store at ${path}`);
  }
  const { openLevelStore } = await import("../store/level/open.ts");
  const store = await openLevelStore(path);
  try {
    const terms: LedgerTerms | undefined = (await store.chains()).find((each) => each.chain === chain.id);
    const conflict = await store.records.conflict(chain.id);
    if (!terms || !conflict) {
      throw new HeadwaterError("invalid-request", `${chain.id} is in no conflict: there is nothing to resolve`);
    }
    return { store, ledger: await store.openChain(terms), conflict };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The conflict for people, with everything that a decision needs. */
export async function describeConflict({ ledger, conflict }: ConflictedChain): Promise<string> {
  const { position, terms } = ledger;
  const { theirs, ours, said, against, at } = conflict.evidence;
  const lines = [
    `${terms.chain} is in conflict since ${formatTime(conflict.since)}: ${conflict.message}`,
    `found       ${formatTime(at)}`,
    `theirs      ${describeBlock(theirs)}`,
    `  told by   ${describeVoices(said)}`,
    `ours        ${ours ? describeBlock(ours) : "nothing is known here of that height"}`,
    `  told by   ${describeVoices(against)}`,
    `indexed     ${position ? `${terms.startHeight} to ${describeBlock(position.tip)}` : "nothing"}`,
    `finalized   ${position?.finalized ? describeBlock(position.finalized) : "nothing"}`,
  ];
  return `${lines.map(showControls).join("\n")}\n`;
}

/**
 * What a resolution will do, and the doing of it. Broken off in between, it can be done again.
 * @throws HeadwaterError `block-unknown`, `block-not-covered`, `invalid-request` where it would not resolve the conflict
 */
export async function describePlan(
  opened: ConflictedChain,
  resolution: Resolution,
): Promise<{ readonly plan: string; carryOut(): Promise<void> }> {
  const { store, ledger } = opened;
  const { chain } = ledger.terms;
  const settle = () => store.records.setConflict(chain, undefined);
  if (resolution.kind === "keep") {
    const plan = `${chain} keeps all its blocks. Nodes that still contradict them bring the conflict back: cordon them.\n`;
    return { plan, carryOut: settle };
  }
  const to = await findTarget(opened, resolution.height);
  const tip = ledger.position?.tip;
  const plan = `${chain} goes back from block ${tip?.height ?? "none"} to block ${to.height} ${to.hash}, and indexes anew from there.\n`;
  return {
    plan,
    carryOut: async () => {
      await ledger.rollback(to, { belowFinal: true });
      await settle();
    },
  };
}

async function findTarget({ ledger, conflict }: ConflictedChain, height: number): Promise<BlockRef> {
  const { chain, startHeight } = ledger.terms;
  const disputed = conflict.evidence.theirs.height;
  if (height >= disputed) {
    const message = `block ${height} is not before the disputed block ${disputed}: expected a lower height`;
    throw new HeadwaterError("invalid-request", message, { details: { height, disputed } });
  }
  if (height < startHeight) {
    const message = `${chain} is indexed from ${startHeight}: to go back further, index it anew into an empty store path`;
    throw new HeadwaterError("block-not-covered", message, { details: { height, startHeight } });
  }
  using view = ledger.view();
  // Where the chain skips the height, the block below it is the last that is kept.
  const block = await view.nearestBlock(height, "below");
  if (block) return block.ref;
  throw new HeadwaterError("block-unknown", `${chain} has no block ${height} as indexed`, { details: { height } });
}

function describeBlock({ height, hash, parentHash, time }: BlockRef): string {
  return `${height} ${hash} upon ${parentHash}, of ${formatTime(time)}`;
}

function describeVoices(voices: readonly Voice[]): string {
  if (voices.length === 0) return "nobody that was asked";
  return voices.map(({ node, operator, region }) => `${node} (${operator}, ${region})`).join(", ");
}

function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}
