import type { Agreement, BalanceSheet, ChainStatus } from "../../src/core/contracts/service.ts";
import type { JournalEntry, LedgerStore, LedgerView } from "../../src/core/contracts/store.ts";
import type { BlockRef } from "../../src/core/model.ts";
import { tipAgeBudgetSeconds } from "../../src/core/sync-state.ts";
import type { ChainEngine } from "../../src/sync/chain-engine.ts";
import type { HonestChain } from "./family.ts";
import type { HonestLedger } from "./honest-ledger.ts";
import type { Witness } from "./witness.ts";

/** A run broke one of the promises. The message says which, and when. */
export class BrokenPromise extends Error {}

/** What must hold at every moment of a run, whatever two of five operators do. */
export class Invariants {
  readonly #engine: ChainEngine;
  readonly #store: LedgerStore;
  readonly #ledger: HonestLedger;
  readonly #witness: Witness;
  readonly #budgetSeconds: number;
  readonly #committed: BlockRef[] = [];
  readonly #onChange: (entry: JournalEntry) => void;
  #sequence = 0;
  #finalized: BlockRef | undefined;

  constructor(options: {
    readonly engine: ChainEngine;
    readonly store: LedgerStore;
    readonly ledger: HonestLedger;
    readonly witness: Witness;
    readonly lagMaxSeconds: number;
    readonly expectedIntervalSeconds: number;
    readonly onChange: (entry: JournalEntry) => void;
  }) {
    this.#engine = options.engine;
    this.#store = options.store;
    this.#ledger = options.ledger;
    this.#witness = options.witness;
    this.#budgetSeconds = tipAgeBudgetSeconds(options);
    this.#onChange = options.onChange;
  }

  get tip(): BlockRef | undefined {
    return this.#committed.at(-1);
  }

  /** @throws BrokenPromise */
  async check(now: number): Promise<ChainStatus> {
    using view = this.#engine.view();
    const status = this.#engine.status();
    if (view?.position) {
      if (view.position.sequence !== this.#sequence) await this.#followJournal();
      this.#checkFinality(view);
      this.#checkClaim(this.#engine.agreementOf(view.position.tip), view.position.tip, "agreementOf(committed tip)");
    }
    if (status.tip) this.#checkClaim(status.tip.agreement, status.tip, "status.tip");
    if (status.agreedTip) this.#checkClaim(status.agreedTip.agreement, status.agreedTip, "status.agreedTip");
    this.#checkState(status, now);
    return status;
  }

  /** @throws BrokenPromise when a balance is told that is not the honest one */
  checkBalances(account: string, at: BlockRef, { balances }: BalanceSheet): void {
    for (const { asset, amount, source } of balances) {
      const honest = this.#ledger.balance(at.hash, account, asset);
      if (amount === honest) continue;
      throw new BrokenPromise(`${account} has ${honest} ${asset} after ${at.hash}, told was ${amount} by ${source}`);
    }
  }

  /** @throws BrokenPromise when the ledger's unspent outputs are not those of the chain on which all end */
  async checkUnspent({ blocks, tip }: HonestChain): Promise<void> {
    using view = this.#engine.view();
    if (view?.position?.tip.hash !== tip.ref.hash) return;
    const honest = new Map<string, string>();
    for (const { outputs } of blocks.flatMap(({ transactions }) => transactions)) {
      for (const { id } of outputs?.spends ?? []) honest.delete(id);
      for (const { id, account, amount } of outputs?.makes ?? []) honest.set(id, `${id} ${account} ${amount}`);
    }
    const found: string[] = [];
    for (const account of new Set([...honest.values()].map((line) => line.split(" ")[1] as string))) {
      const { outputs } = await view.unspent(account, undefined, 1_000);
      found.push(...outputs.map(({ id, amount }) => `${id} ${account} ${amount}`));
    }
    const [expected, actual] = [[...honest.values()].sort().join(", "), found.sort().join(", ")];
    if (actual !== expected) throw new BrokenPromise(`unspent are ${actual}, expected ${expected}`);
  }

  async #followJournal(): Promise<void> {
    for (const entry of await this.#store.events(this.#sequence, 1_000)) {
      this.#sequence = entry.sequence;
      if (entry.type === "commit") this.#checkCommit(entry);
      else this.#checkRollback(entry);
      this.#onChange(entry);
    }
  }

  #checkCommit({ ref, digest }: JournalEntry): void {
    const honest = this.#ledger.block(ref.hash);
    if (!honest) throw new BrokenPromise(`${ref.hash} was committed, which is no honest block`);
    if (honest.digest !== digest) throw new BrokenPromise(`after ${ref.hash} the digest is not the honest ledger's`);
    if (this.tip && this.tip.hash !== ref.parentHash) {
      throw new BrokenPromise(`${ref.hash} was committed upon ${this.tip.hash}, which is not its parent`);
    }
    const { required } = this.#engine.agreementOf(ref);
    const behind = this.#witness.everBehind(ref);
    if (behind < required) {
      throw new BrokenPromise(`${ref.hash} was committed when ${behind} of ${required} operators had told it`);
    }
    this.#committed.push(ref);
  }

  #checkRollback({ ref }: JournalEntry): void {
    const tip = this.#committed.pop();
    if (tip?.hash !== ref.hash) throw new BrokenPromise(`${ref.hash} was taken back, the tip was ${tip?.hash}`);
    if (ref.height <= (this.#finalized?.height ?? -1)) {
      throw new BrokenPromise(`${ref.hash} was taken back although ${this.#finalized?.hash} was final`);
    }
  }

  #checkFinality({ position }: LedgerView): void {
    const finalized = position?.finalized ?? undefined;
    const known = this.#finalized;
    if (known && (finalized?.height ?? -1) < known.height) {
      throw new BrokenPromise(`final went back from ${known.hash} to ${finalized?.hash}`);
    }
    if (!finalized || finalized.hash === known?.hash) return;
    const stored = this.#committed.find(({ height }) => height === finalized.height);
    if (stored?.hash !== finalized.hash) {
      throw new BrokenPromise(`${finalized.hash} is called final, committed is ${stored?.hash}`);
    }
    this.#finalized = finalized;
  }

  #checkClaim(claimed: Agreement, ref: BlockRef, where: string): void {
    const { operators, regions } = this.#witness.behind(ref);
    if (claimed.operators > operators) {
      throw new BrokenPromise(
        `${where}: ${claimed.operators} operators behind ${ref.hash} claimed, ${operators} stand there`,
      );
    }
    const invented = claimed.regions.filter((region) => !regions.has(region));
    if (invented.length > 0) {
      throw new BrokenPromise(
        `${where}: ${invented.join(", ")} claimed for ${ref.hash}, nobody there stands behind it`,
      );
    }
  }

  #checkState({ state }: ChainStatus, now: number): void {
    if (state === "conflict") throw new BrokenPromise("the chain is in conflict though three of five were honest");
    if (state !== "synced") return;
    const time = this.tip && this.#ledger.block(this.tip.hash)?.time;
    if (time === undefined) throw new BrokenPromise("synced with nothing committed");
    const ageSeconds = (now - time) / 1000;
    if (ageSeconds > this.#budgetSeconds) {
      throw new BrokenPromise(
        `synced with a committed tip ${ageSeconds} s old, the budget is ${this.#budgetSeconds} s`,
      );
    }
  }
}
