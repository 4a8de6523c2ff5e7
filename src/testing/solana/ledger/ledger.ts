import { createHash } from "node:crypto";
import { HeadwaterError } from "../../../core/errors.ts";
import { VOTE_ACCOUNT_BYTES } from "../programs/vote.ts";
import { plainAccount } from "../svm/account-state.ts";
import { Svm } from "../svm/svm.ts";
import { keyText } from "../wire/base58.ts";
import { readWire } from "../wire/read-wire.ts";
import { AccountHistory } from "./account-history.ts";
import { type Bank, bankAtHeight, isAncestor, type Lineage } from "./bank.ts";
import { executeTransaction, type Unprocessed } from "./execute.ts";
import { LedgerIndex } from "./ledger-index.ts";
import type { Validators } from "./validators.ts";

/** Blocks after which a blockhash is too old for a transaction. */
export const BLOCKHASH_BLOCKS = 150;
/** Banks that the sysvar of slot hashes tells of. Mainnet's has 512; votes need those that still count, 32. */
const SLOT_HASHES = 64;
/** What nodes write for the hash of what is before slot 0. */
const NO_HASH = "11111111111111111111111111111111";
const SLOT_SECONDS = 0.4;

export type LedgerOptions = {
  readonly genesisHash: string;
  /** Seconds since the Unix epoch. */
  readonly genesisTime: number;
  readonly validators: Validators;
  /** Lamports of accounts before the first block. */
  readonly allotted: ReadonlyMap<string, bigint>;
  readonly votes: boolean;
};

/** The blocks of all branches, and the one virtual machine that makes them. */
export class Ledger {
  readonly svm = new Svm();
  readonly accounts = new AccountHistory(this.svm);
  readonly index = new LedgerIndex();
  readonly genesis: Bank;
  readonly main: Lineage;
  readonly #options: LedgerOptions;
  /** All that are kept, in the order in which they were made. */
  #banks: Bank[] = [];
  #lineages = 0;

  /** @throws HeadwaterError `test-node-failed` where the virtual machine is missing */
  constructor(options: LedgerOptions) {
    this.#options = options;
    for (const [address, lamports] of options.allotted) this.svm.write(address, plainAccount(lamports));
    this.main = { name: "main", parent: undefined, from: 0, banks: [] };
    this.genesis = this.#newBank(this.main, undefined, 0);
    this.genesis.blockhash = options.genesisHash;
    this.genesis.hash = hashText("bank", options.genesisHash);
    this.#keep(this.genesis);
    this.accounts.enter(this.genesis);
  }

  /** A line that leaves another one above a bank. */
  branch(above: Bank): Lineage {
    this.#lineages++;
    const parent = { lineage: above.lineage, height: above.height };
    return { name: `branch ${this.#lineages}`, parent, from: above.height + 1, banks: [] };
  }

  /**
   * Makes the block of a slot: votes first, then the transactions in their order.
   * @returns the bank, and what could not be processed, with its place among `wires`
   */
  makeBlock(
    lineage: Lineage,
    parent: Bank,
    slot: number,
    wires: readonly Uint8Array[],
  ): { readonly bank: Bank; readonly dropped: readonly (Unprocessed & { readonly at: number })[] } {
    const bank = this.#newBank(lineage, parent, slot);
    this.#enter(parent, slot, bank.time);
    this.accounts.enter(bank);
    if (this.#options.votes) this.#vote(bank, parent);
    const dropped: (Unprocessed & { readonly at: number })[] = [];
    for (const [at, wire] of wires.entries()) {
      const failure = this.#process(bank, wire);
      if (failure) dropped.push({ ...failure, at });
    }
    this.#close(bank, parent);
    return { bank, dropped };
  }

  /** Why a transaction cannot be in a child of this bank; undefined when it may be tried. */
  refusal(wire: { readonly recentBlockhash: string; readonly signatures: readonly string[] }, bank: Bank) {
    if (!this.isBlockhashValid(wire.recentBlockhash, bank)) return "BlockhashNotFound";
    return this.index.find(wire.signatures[0] as string, bank) ? "AlreadyProcessed" : undefined;
  }

  isBlockhashValid(blockhash: string, bank: Bank): boolean {
    const of = this.index.bankOf(blockhash);
    return of !== undefined && isAncestor(of, bank) && bank.height - of.height <= BLOCKHASH_BLOCKS;
  }

  /** Runs a transaction after a bank without keeping what it does. @param checked whether its signatures must hold */
  simulate(wire: Uint8Array, bank: Bank, checked: boolean): ReturnType<Svm["simulate"]> {
    this.#enter(bank, bank.slot, bank.time);
    return this.svm.simulate(wire, checked);
  }

  /** Forgets the blocks below a bank, on all branches. It becomes the oldest that is kept. */
  forgetBelow(floor: Bank): void {
    const touched = new Set(floor.written);
    const kept: Bank[] = [];
    for (const bank of this.#banks) {
      if (bank.height >= floor.height) {
        kept.push(bank);
        continue;
      }
      this.index.remove(bank);
      // Those of one line come lowest first.
      bank.lineage.banks.shift();
      for (const address of bank.written) touched.add(address);
    }
    this.#banks = kept;
    this.accounts.forgetBelow(floor, touched);
    for (const bank of kept) if (bank.height === floor.height) bank.parent = undefined;
  }

  timeOf(slot: number): number {
    return Math.floor(this.#options.genesisTime + slot * SLOT_SECONDS);
  }

  #newBank(lineage: Lineage, parent: Bank | undefined, slot: number): Bank {
    return {
      lineage,
      slot,
      parent,
      parentSlot: parent?.slot ?? 0,
      previousBlockhash: parent?.blockhash ?? NO_HASH,
      height: parent ? parent.height + 1 : 0,
      time: this.timeOf(slot),
      leader: this.#options.validators.leaderAt(slot),
      transactionCount: parent?.transactionCount ?? 0,
      transactions: [],
      written: new Set(),
      blockhash: "",
      hash: "",
      rewards: [],
      towers: parent?.towers ?? new Map(),
    };
  }

  #enter(parent: Bank, slot: number, time: number): void {
    this.accounts.enter(parent);
    const hashes: { slot: bigint; hash: string }[] = [];
    for (let height = parent.height; height >= 0 && hashes.length < SLOT_HASHES; height--) {
      const bank = bankAtHeight(parent, height);
      if (!bank) break;
      hashes.push({ slot: BigInt(bank.slot), hash: bank.hash });
    }
    this.svm.enterSlot(slot, time, hashes);
  }

  #vote(bank: Bank, parent: Bank): void {
    const { validators } = this.#options;
    if (parent.height === 0) {
      const rent = this.svm.minimumBalance(VOTE_ACCOUNT_BYTES);
      for (const { wire } of validators.setUp(parent.blockhash, rent)) this.#mustProcess(bank, wire);
      return;
    }
    const { votes, towers } = validators.voteFor(parent);
    for (const { wire } of votes) this.#mustProcess(bank, wire);
    bank.towers = towers;
  }

  #mustProcess(bank: Bank, wire: Uint8Array): void {
    const failure = this.#process(bank, wire);
    const err = failure?.err ?? bank.transactions.at(-1)?.err;
    if (!err) return;
    const logs = failure?.logs ?? bank.transactions.at(-1)?.logs ?? [];
    throw new HeadwaterError(
      "test-node-failed",
      `a validator's vote failed: ${JSON.stringify(err)}; ${logs.join("; ")}`,
    );
  }

  #process(bank: Bank, bytes: Uint8Array): Unprocessed | undefined {
    const wire = readWire(bytes);
    const parent = bank.parent as Bank;
    const refusal = this.refusal(wire, parent);
    const isRepeated = bank.transactions.some((other) => other.wire.signatures[0] === wire.signatures[0]);
    if (refusal || isRepeated) return { err: refusal ?? "AlreadyProcessed", logs: [] };
    const outcome = executeTransaction(wire, bank, this);
    if (!("wire" in outcome)) return outcome;
    bank.transactions.push(outcome);
    return undefined;
  }

  /** Half of the base fees is burnt; the leader has the other half and all that is paid for going first (SIMD-0096). */
  #close(bank: Bank, parent: Bank): void {
    let reward = 0n;
    for (const { fee, priorityFee } of bank.transactions) reward += priorityFee + (fee - priorityFee + 1n) / 2n;
    if (reward > 0n) {
      const leader = this.accounts.read(bank.leader, bank) ?? plainAccount(0n);
      const postBalance = leader.lamports + reward;
      this.accounts.put(bank.leader, bank, { ...leader, lamports: postBalance });
      bank.rewards = [{ pubkey: bank.leader, lamports: reward, postBalance }];
    }
    bank.blockhash = this.#blockhashOf(bank, parent);
    bank.hash = hashText("bank", parent.hash, bank.blockhash);
    bank.transactionCount += bank.transactions.length;
    this.#keep(bank);
  }

  #keep(bank: Bank): void {
    this.#banks.push(bank);
    bank.lineage.banks.push(bank);
    this.index.add(bank);
  }

  /** A stand-in for the proof of history: it follows from the parent, the slot, the branch and the transactions. */
  #blockhashOf(bank: Bank, parent: Bank): string {
    const ids = bank.transactions.map(({ wire }) => wire.signatures[0] as string);
    return hashText("block", parent.blockhash, String(bank.slot), bank.lineage.name, ...ids);
  }
}

/** The text of a hash over texts. */
export function hashText(...texts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text).update("\n");
  return keyText(hash.digest());
}
