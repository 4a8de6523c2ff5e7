import type { KnownBalance } from "../../../../src/core/contracts/store.ts";
import type { Mismatch } from "../../../../src/core/ledger/account.ts";
import type { Sample } from "../../../../src/testing/store/sample-blocks.ts";

type ModelEntry = {
  baseline: bigint | undefined;
  /** The block whose observation gave the baseline; undefined where a node told it. */
  learnedAt: number | undefined;
  disputedAt: number | undefined;
};

/** The ledger as a list of blocks, every answer worked out from its beginning: slow, and simple enough to be right. */
export class LedgerModel {
  blocks: Sample[] = [];
  mismatches: Mismatch[] = [];
  readonly #entries = new Map<string, ModelEntry>();

  commit(block: Sample): void {
    this.blocks.push(block);
    for (const { account, asset, amount } of block.observations)
      this.#compare(account, asset, block.ref.height, amount, true);
  }

  learn({ account, asset, block, amount }: KnownBalance): void {
    if (!this.blocks.some(({ ref }) => ref.hash === block.hash)) return;
    if (this.#entry(account, asset).baseline === undefined) this.#compare(account, asset, block.height, amount, false);
  }

  rollback(height: number): void {
    this.blocks = this.blocks.filter(({ ref }) => ref.height <= height);
    this.mismatches = this.mismatches.filter((mismatch) => mismatch.height <= height);
    for (const entry of this.#entries.values()) {
      if ((entry.learnedAt ?? 0) > height) {
        entry.baseline = undefined;
        entry.learnedAt = undefined;
      }
      if ((entry.disputedAt ?? 0) > height) entry.disputedAt = undefined;
    }
  }

  erase(): void {
    this.blocks = [];
    this.mismatches = [];
    this.#entries.clear();
  }

  /** Sum, baseline and dispute of each asset of an account, as of a height. */
  balances(account: string, height: number): Record<string, [bigint, bigint | undefined, boolean]> {
    const assets = new Set<string>();
    for (const { ref, transactions, observations } of this.blocks) {
      if (ref.height > height) continue;
      for (const { movements } of transactions)
        for (const m of movements) if (m.account === account) assets.add(m.asset);
      for (const o of observations) if (o.account === account) assets.add(o.asset);
    }
    for (const [key, { baseline, disputedAt }] of this.#entries) {
      const [owner, asset] = key.split("|") as [string, string];
      if (owner === account && (baseline !== undefined || disputedAt !== undefined)) assets.add(asset);
    }
    const sheet: Record<string, [bigint, bigint | undefined, boolean]> = {};
    for (const asset of [...assets].sort()) {
      const { baseline, disputedAt } = this.#entry(account, asset);
      sheet[asset] = [this.#sum(account, asset, height), baseline, disputedAt !== undefined];
    }
    return sheet;
  }

  /** Ids of an account's transactions, newest first. */
  history(account: string): string[] {
    const all = this.blocks.flatMap(({ transactions }) => transactions);
    return all
      .filter(({ movements }) => movements.some((m) => m.account === account))
      .map(({ id }) => id)
      .reverse();
  }

  #compare(account: string, asset: string, height: number, amount: bigint, observed: boolean): void {
    const entry = this.#entry(account, asset);
    if (entry.disputedAt !== undefined) return;
    const sum = this.#sum(account, asset, height);
    if (entry.baseline === undefined && amount >= sum) {
      entry.baseline = amount - sum;
      entry.learnedAt = observed ? height : undefined;
    } else if ((entry.baseline ?? 0n) + sum !== amount) {
      entry.disputedAt = height;
      this.mismatches.push({ account, asset, height, expected: (entry.baseline ?? 0n) + sum, actual: amount });
    }
  }

  #sum(account: string, asset: string, height: number): bigint {
    let sum = 0n;
    for (const { ref, transactions } of this.blocks) {
      if (ref.height > height) continue;
      for (const { movements } of transactions) {
        for (const m of movements) if (m.account === account && m.asset === asset) sum += m.delta;
      }
    }
    return sum;
  }

  #entry(account: string, asset: string): ModelEntry {
    const key = `${account}|${asset}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { baseline: undefined, learnedAt: undefined, disputedAt: undefined };
      this.#entries.set(key, entry);
    }
    return entry;
  }
}
