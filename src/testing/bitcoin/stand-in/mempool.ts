import { LIMITS } from "../../../core/limits.ts";
import type { ChainChange, TreeBlock } from "./block-tree.ts";
import { type Coin, type Coins, feeOf } from "./coins.ts";
import type { Outpoint, ParsedTransaction } from "./parsed.ts";
import { isUnspendable, MAX_BLOCK_WEIGHT, RPC_CODES, refuse } from "./rules.ts";

export type MempoolEntry = ParsedTransaction & {
  readonly fee: bigint;
  /** Seconds since the Unix epoch. */
  readonly time: number;
  /** The chain's height when it came. */
  readonly height: number;
};

/** Unconfirmed transactions that a replacement may put out, with all that stand on them (BIP125, rule 5). */
const MOST_REPLACED = 100;
/** Left for the coinbase. */
const MOST_WEIGHT = MAX_BLOCK_WEIGHT - 4_000;

/** The unconfirmed transactions of a node, which all fit upon its chain together. */
export class Mempool {
  readonly #entries = new Map<string, MempoolEntry>();
  /** Which entry spends an output. */
  readonly #spenders = new Map<Outpoint, MempoolEntry>();
  readonly #coins: Coins;
  #sequence = 1;

  constructor(coins: Coins) {
    this.#coins = coins;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** One more with each transaction that comes or goes. */
  get sequence(): number {
    return this.#sequence;
  }

  get(id: string): MempoolEntry | undefined {
    return this.#entries.get(id);
  }

  /** In the order in which they came, which is one in which each stands after those that it spends from. */
  entries(): readonly MempoolEntry[] {
    return [...this.#entries.values()];
  }

  spenderOf(outpoint: Outpoint): MempoolEntry | undefined {
    return this.#spenders.get(outpoint);
  }

  /**
   * Takes a transaction, putting out those whose place it takes (BIP125), or says why not.
   * @param tip the chain's height
   * @param time seconds since the Unix epoch
   * @throws HeadwaterError with the reason that a node would give
   */
  accept(transaction: ParsedTransaction, tip: number, time: number): MempoolEntry {
    const { entry, replaced } = this.judge(transaction, tip, time);
    for (const old of replaced) this.#drop(old);
    this.#add(entry);
    this.#evict();
    if (!this.#entries.has(entry.id)) throw refuse(RPC_CODES.verifyRejected, "mempool full");
    return entry;
  }

  /** What `accept` would do, without doing it. @throws the same */
  judge(transaction: ParsedTransaction, tip: number, time: number) {
    if (transaction.isCoinbase) throw refuse(RPC_CODES.verifyRejected, "coinbase");
    if (this.#entries.has(transaction.id)) throw refuse(RPC_CODES.verifyRejected, "txn-already-in-mempool");
    if (transaction.transaction.outs.some((_, i) => this.#coins.get(`${transaction.id}:${i}`))) {
      throw refuse(RPC_CODES.alreadyInChain, "Transaction already in block chain");
    }
    const fee = feeOf(transaction, (outpoint) => this.#find(outpoint, tip + 1), tip + 1);
    // One coin of the smallest unit a virtual byte, as nodes have it by default.
    if (fee < BigInt(transaction.size)) throw refuse(RPC_CODES.verifyRejected, "min relay fee not met");
    const replaced = this.#replacedBy(transaction, fee);
    return { entry: { ...transaction, fee, time, height: tip } satisfies MempoolEntry, replaced };
  }

  /** Follows the chain: what is in a block leaves with all that contradicts it, what left a block comes back where it may. */
  follow({ left, came }: ChainChange, tip: TreeBlock, time: number): void {
    for (const { transactions } of came) {
      for (const transaction of transactions) {
        const own = this.#entries.get(transaction.id);
        if (own) this.#forget(own);
        for (const outpoint of transaction.spends) {
          const rival = this.#spenders.get(outpoint);
          if (rival) this.#drop(rival);
        }
      }
    }
    if (left.length === 0) return;
    const former = [...left.toReversed().flatMap(({ transactions }) => transactions), ...this.entries()];
    this.clear();
    for (const transaction of former) {
      if (transaction.isCoinbase) continue;
      try {
        this.accept(transaction, tip.height, time);
      } catch {
        // It does not fit upon this chain: it is in one of its blocks, or spends what there is not any more.
      }
    }
  }

  /** Whose fees together with those of what they stand on pay best, each after what it spends from; as many as fit. */
  choose(): readonly MempoolEntry[] {
    const chosen = new Set<MempoolEntry>();
    let weight = 0;
    const packages = this.entries().map((entry) => ({ entry, all: this.ancestorsOf(entry) }));
    const rate = ({ all }: (typeof packages)[number]) =>
      all.reduce((sum, { fee }) => sum + Number(fee), 0) / all.reduce((sum, { size }) => sum + size, 0);
    for (const { all } of packages.map((each) => ({ ...each, rate: rate(each) })).sort((a, b) => b.rate - a.rate)) {
      const added = all.filter((entry) => !chosen.has(entry));
      const more = added.reduce((sum, { transaction }) => sum + transaction.weight(), 0);
      if (weight + more > MOST_WEIGHT) continue;
      weight += more;
      for (const entry of added) chosen.add(entry);
    }
    return [...chosen];
  }

  /** Those that it spends from and those that these spend from, and itself last; each after what it spends from. */
  ancestorsOf(entry: MempoolEntry): readonly MempoolEntry[] {
    const found = new Set<MempoolEntry>();
    const visit = (at: MempoolEntry) => {
      if (found.has(at)) return;
      for (const outpoint of at.spends) {
        const parent = this.#entries.get(outpoint.slice(0, 64));
        if (parent) visit(parent);
      }
      found.add(at);
    };
    visit(entry);
    return [...found];
  }

  /** Itself and all that spend from it, directly or not. */
  descendantsOf(entry: MempoolEntry): readonly MempoolEntry[] {
    const found = new Set([entry]);
    for (const at of found) {
      for (let i = 0; i < at.transaction.outs.length; i++) {
        const spender = this.#spenders.get(`${at.id}:${i}`);
        if (spender) found.add(spender);
      }
    }
    return [...found];
  }

  clear(): void {
    this.#entries.clear();
    this.#spenders.clear();
  }

  #find(outpoint: Outpoint, height: number): Coin | undefined {
    const coin = this.#coins.get(outpoint);
    if (coin) return coin;
    const output = this.#entries.get(outpoint.slice(0, 64))?.transaction.outs[Number(outpoint.slice(65))];
    if (!output || isUnspendable(output.script)) return undefined;
    return { amount: output.value, script: output.script, height, coinbase: false };
  }

  #replacedBy({ spends, size }: ParsedTransaction, fee: bigint): readonly MempoolEntry[] {
    const rivals = new Set(
      spends.map((outpoint) => this.#spenders.get(outpoint)).filter((rival) => rival !== undefined),
    );
    if (rivals.size === 0) return [];
    for (const rival of rivals) {
      if (!this.ancestorsOf(rival).some(({ signalsReplacement }) => signalsReplacement)) {
        throw refuse(RPC_CODES.verifyRejected, "txn-mempool-conflict");
      }
    }
    const replaced = new Set([...rivals].flatMap((rival) => this.descendantsOf(rival)));
    if (replaced.size > MOST_REPLACED) throw refuse(RPC_CODES.verifyRejected, "too many potential replacements");
    if (spends.some((outpoint) => [...replaced].some(({ id }) => outpoint.startsWith(id)))) {
      throw refuse(RPC_CODES.verifyRejected, "bad-txns-spends-conflicting-tx");
    }
    const paid = [...replaced].reduce((sum, old) => sum + old.fee, 0n);
    if (fee < paid + BigInt(size)) throw refuse(RPC_CODES.verifyRejected, "insufficient fee");
    return [...replaced];
  }

  #add(entry: MempoolEntry): void {
    this.#sequence++;
    this.#entries.set(entry.id, entry);
    for (const outpoint of entry.spends) this.#spenders.set(outpoint, entry);
  }

  #forget(entry: MempoolEntry): void {
    this.#sequence++;
    this.#entries.delete(entry.id);
    for (const outpoint of entry.spends) this.#spenders.delete(outpoint);
  }

  /** Removes it with all that spend from it. */
  #drop(entry: MempoolEntry): void {
    for (const gone of this.descendantsOf(entry)) this.#forget(gone);
  }

  /** While there are too many, those go that pay least, with all that spend from them. */
  #evict(): void {
    while (this.#entries.size > LIMITS.testMempoolTransactions) {
      const cheapest = this.entries().reduce((low, entry) =>
        entry.fee * BigInt(low.size) < low.fee * BigInt(entry.size) ? entry : low,
      );
      this.#drop(cheapest);
    }
  }
}
