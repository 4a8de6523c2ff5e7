import type { ChainConfig } from "../../src/core/contracts/chain-config.ts";
import type { BlockOutputs, Chain, CheckResult, RawBlock } from "../../src/core/contracts/plugin.ts";
import type { ChainLedger, LedgerStore, LedgerView } from "../../src/core/contracts/store.ts";
import { type SealedBlock, sealBlock } from "../../src/core/ledger/seal.ts";
import type {
  Account,
  BlockRef,
  LedgerBlock,
  LedgerTransaction,
  Output,
  OutputId,
  TransactionOutput,
} from "../../src/core/model.ts";
import plugin from "../../src/plugins/bitcoin/index.ts";
import type { BitcoinNetwork } from "../../src/plugins/bitcoin/networks/network.ts";
import { assertSameOutputs } from "../../src/sync/outputs/same-outputs.ts";
import type { MemoryService } from "./memory-service.ts";
import { openMemoryStore } from "./memory-store.ts";

/** A block on its way: what the plugin and the ledger made of it. */
export type TakenBlock = {
  readonly decoded: LedgerBlock;
  readonly sealed: SealedBlock;
  readonly checks: readonly CheckResult[];
  readonly listed: BlockOutputs;
};

/** The opened chain of a network, as from a configuration with nothing but its id. */
export function openBitcoinChain({ id }: Pick<BitcoinNetwork, "id">, options: ChainConfig["options"] = {}): Chain {
  return plugin.open({
    id,
    plugin: "bitcoin",
    index: { from: 0, scope: "all", verify: "full" },
    agreement: {},
    lag: { targetSeconds: 600, maxSeconds: 3600 },
    nodes: [],
    options,
  });
}

/** A serialized block as a node gives it that was asked by height. */
export function rawBlock(bytes: Uint8Array, height: number): RawBlock {
  return { asked: { height }, profile: "bitcoin/1", node: "recorded", parts: { bytes } };
}

/**
 * The whole way of a block without nodes: its outputs are listed, what it spends is read from the store, it is verified,
 * held against the headers before it, decoded, sealed and committed.
 */
export class BitcoinLedger {
  readonly chain: Chain;
  readonly store: LedgerStore;
  readonly ledger: ChainLedger;
  readonly #startHeight: number;
  readonly #trails = new Map<number, Uint8Array>();

  private constructor(chain: Chain, store: LedgerStore, ledger: ChainLedger) {
    this.chain = chain;
    this.store = store;
    this.ledger = ledger;
    this.#startHeight = ledger.terms.startHeight;
  }

  static async open(network: Pick<BitcoinNetwork, "id">, startHeight = 0): Promise<BitcoinLedger> {
    const chain = openBitcoinChain(network);
    const store = await openMemoryStore();
    const ledger = await store.openChain({ chain: chain.info.id, profile: "bitcoin/1", startHeight });
    return new BitcoinLedger(chain, store, ledger);
  }

  /** The way of blocks to the service behind an API. */
  static behind({ chain, store, ledger }: Pick<MemoryService, "chain" | "store" | "ledger">): BitcoinLedger {
    return new BitcoinLedger(chain, store, ledger);
  }

  /** Commits the next block. @throws HeadwaterError as the plugin and the store do; then nothing is committed */
  async take(bytes: Uint8Array, height = this.#nextHeight): Promise<TakenBlock> {
    const raw = rawBlock(bytes, height);
    const listed = this.chain.listOutputs?.(raw);
    if (listed === undefined) throw new Error("the plugin lists no outputs");
    const spent = await this.#findSpent(listed.spends);
    const checks = [...this.chain.verify(raw, spent).checks];
    const decoded = this.chain.decode(raw, spent);
    const { trail } = decoded;
    if (trail === undefined) throw new Error("the plugin leaves no trail");
    checks.push(...(this.chain.verifyTrail?.(decoded.ref, trail, (at) => this.#trails.get(at)) ?? []));
    const sealed = sealBlock(decoded);
    assertSameOutputs(this.chain.info.id, listed, decoded.transactions, sealed);
    await this.ledger.commit([sealed]);
    this.#trails.set(height, trail);
    return { decoded, sealed, checks, listed };
  }

  /** Commits a block that is made up, before a recorded one: it makes what that one spends. */
  async seed(
    outputs: readonly TransactionOutput[],
    before: Omit<BlockRef, "hash" | "parentHeight">,
  ): Promise<BlockRef> {
    const byTransaction = Map.groupBy(outputs, ({ id }) => id.split(":")[0] as string);
    const transactions = [...byTransaction].map(([id, makes], index): LedgerTransaction => {
      const made = makes.map(({ id: output, account, asset, amount }): TransactionOutput => {
        return { id: output, account, asset, amount };
      });
      const movements = made.map(({ account, asset, amount }) => {
        return { account, asset, delta: amount, kind: "transfer" as const };
      });
      const spends: TransactionOutput[] = [];
      return { id, index, status: "success", fee: null, movements, outputs: { spends, makes: made, coinbase: false } };
    });
    const ref: BlockRef = {
      height: before.height - 1,
      hash: before.parentHash,
      parentHash: this.ledger.position?.tip.hash ?? "00".repeat(32),
      parentHeight: before.height - 2,
      time: before.time - 1000,
    };
    await this.ledger.commit([sealBlock({ ref, transactions, observations: [] })]);
    return ref;
  }

  /** Reads from one view of the last commit. */
  async read<T>(use: (view: LedgerView) => Promise<T>): Promise<T> {
    using view = this.ledger.view();
    return await use(view);
  }

  /** What an account has, in the chain's coin. */
  balance(account: Account): Promise<bigint> {
    return this.read(async (view) => (await view.balances(account))[0]?.sum ?? 0n);
  }

  unspent(account: Account): Promise<readonly Output[]> {
    return this.read(async (view) => (await view.unspent(account, undefined, 100_000)).outputs);
  }

  /** An account's transactions, newest first. */
  history(account: Account): Promise<readonly string[]> {
    return this.read(async (view) =>
      (await view.history(account, undefined, 100_000)).transactions.map(({ id }) => id),
    );
  }

  /** What the whole store says is wrong with it: nothing. */
  async faults(): Promise<readonly unknown[]> {
    return (await this.store.verify()).faults;
  }

  get #nextHeight(): number {
    return (this.ledger.position?.tip.height ?? this.#startHeight - 1) + 1;
  }

  async #findSpent(ids: readonly OutputId[]): Promise<Output[]> {
    const found = await this.read((view) => view.outputs(ids));
    return found.map((output, i) => {
      if (output) return output;
      throw new Error(`no output ${ids[i]}`);
    });
  }
}
