import { SeededRandom } from "../seeded-random.ts";
import type { RegtestNetwork } from "./node-programs.ts";
import { Purse } from "./purse.ts";
import { receiverScripts } from "./receivers.ts";
import type { RegtestNode } from "./regtest-node.ts";
import { RECIPES, type TrafficWorld } from "./traffic-recipes.ts";
import { FORMS, type SpendableOutput, type WalletScript, walletScript } from "./wallet.ts";

export type RegtestTrafficOptions = {
  readonly network: RegtestNetwork;
  readonly seed?: number;
  /** Own scripts of each form. */
  readonly scriptsPerForm?: number;
  /** Scripts that only receive. */
  readonly receivers?: number;
  /** Who mines: each has a script of its own. */
  readonly miners?: number;
};

/** A signed transaction, and what it is for. */
export type TrafficTransaction = {
  readonly id: string;
  readonly raw: string;
  readonly recipe: string;
  /** The id of the transaction before it whose place it takes. */
  readonly replaces?: string;
};

/** Blocks to mine before the first transaction, so that rewards may be spent. */
export const FUNDING_BLOCKS = 110;
/** Rewards are spread over many outputs when there are fewer than this to spend. */
const FEW_OUTPUTS = 30;
const TOTAL_WEIGHT = RECIPES.reduce((sum, { weight }) => sum + weight, 0);

/**
 * Transactions of all kinds over every form of output: payments, chains within a block, replacements (BIP125), children that
 * pay for their parents, burnt data, many outputs, many inputs. From the same outputs the same seed makes the same
 * transactions, valid on the chain and mempool of the node that was last asked (`refill`), in their order. Those who mine must
 * mine to `minerAddress`.
 */
export class RegtestTraffic {
  /** Own scripts, then miners', then those that only receive: all accounts that there are. */
  readonly scripts: readonly Uint8Array[];
  readonly #miners: readonly WalletScript[];
  readonly #own: readonly WalletScript[];
  readonly #world: Omit<TrafficWorld, "left">;
  readonly #purse: Purse;
  readonly #rewards: Purse;
  #unconfirmed: SpendableOutput[] = [];

  constructor(options: RegtestTrafficOptions) {
    const { network, seed = 1, scriptsPerForm = 2, receivers = 60, miners = 2 } = options;
    const count = (many: number) => Array.from({ length: many }, (_, i) => i);
    this.#miners = count(miners).map((i) => walletScript("p2wpkh", `miner ${i}`, network));
    this.#own = FORMS.flatMap((form) => count(scriptsPerForm).map((i) => walletScript(form, `own ${i}`, network)));
    const foreign = receiverScripts(receivers);
    this.scripts = [...[...this.#own, ...this.#miners].map(({ script }) => script), ...foreign];
    this.#purse = new Purse(this.#own);
    this.#rewards = new Purse(this.#miners);
    this.#world = { random: new SeededRandom(seed), purse: this.#purse, own: this.#own, receivers: foreign };
  }

  /** Of the own addresses the one that has the most outputs to spend at this moment. */
  get busyAddress(): string {
    const counts = new Map(this.#own.flatMap(({ address }) => (address === null ? [] : [[address, 0]])));
    for (const { owner } of this.#purse.outputs) {
      if (owner.address !== null) counts.set(owner.address, (counts.get(owner.address) ?? 0) + 1);
    }
    const [busiest] = [...counts].sort(([, a], [, b]) => b - a);
    return busiest?.[0] as string;
  }

  minerAddress(index: number): string {
    return this.#miners[index % this.#miners.length]?.address as string;
  }

  /** From here on other transactions are made than without. */
  reseed(seed: number): void {
    this.#world.random.state = seed >>> 0;
  }

  /** Learns from the node what there is to spend. To be called at first, and after every block, split and reorg. */
  async refill(node: RegtestNode): Promise<void> {
    this.#unconfirmed = [];
    await this.#purse.refill(node);
    await this.#rewards.refill(node, 99);
  }

  /** At least `count` transactions, where there is enough to spend: a recipe makes up to six at once. */
  next(count: number): TrafficTransaction[] {
    const made: TrafficTransaction[] = [];
    if (this.#purse.outputs.length < FEW_OUTPUTS) made.push(...this.#cook("spread"));
    for (let tries = 0; made.length < count && tries < 4 * count; tries++) made.push(...this.#cook());
    return made;
  }

  /** What was made by `next` is in a block now, and may be spent in turn: cheaper than `refill` where nothing else happened. */
  mined(): void {
    this.#purse.add(...this.#unconfirmed);
    this.#unconfirmed = [];
  }

  #cook(name?: string): TrafficTransaction[] {
    const { random } = this.#world;
    let left = random.next() * TOTAL_WEIGHT;
    const recipe = RECIPES.find((each) => {
      left -= each.weight;
      return name === undefined ? left < 0 : each.name === name;
    });
    const world = { ...this.#world, purse: name === "spread" ? this.#rewards : this.#purse };
    const dishes = recipe?.cook({ ...world, left: (output) => this.#unconfirmed.push(output) }) ?? [];
    return dishes.map(({ transaction, replaces }) => ({
      id: transaction.getId(),
      raw: transaction.toHex(),
      recipe: recipe?.name ?? "",
      ...(replaces && { replaces: replaces.getId() }),
    }));
  }
}
