import type { HDNodeWallet } from "ethers";
import { SeededRandom } from "../seeded-random.ts";
import { devAccounts } from "./dev-accounts.ts";
import type { RawTransaction } from "./network-node.ts";
import {
  contractAddresses,
  type Draft,
  receiverAddresses,
  setupDrafts,
  type TrafficState,
  type World,
} from "./traffic-plan.ts";
import { RECIPES } from "./traffic-recipes.ts";

export type TrafficOptions = {
  readonly chainId: number;
  readonly seed?: number;
  /** Sending accounts: the first of the dev accounts. */
  readonly senders?: number;
  /** Addresses that only receive. */
  readonly receivers?: number;
  /** Fewest and most transactions of one block. */
  readonly perBlock?: readonly [least: number, most: number];
};

const TOTAL_WEIGHT = RECIPES.reduce((sum, { weight }) => sum + weight, 0);
const GWEI = 10n ** 9n;

/**
 * Realistic signed transactions, the same for the same seed: native transfers, tokens of every kind, transfers inside
 * contracts, creations, failures, in legacy, access-list and dynamic-fee form. They are valid on a fresh test network
 * when mined in the order in which they are made, none left out. Receivers hold neither keys nor coins at first.
 */
export class Traffic {
  /** Addresses by label: usdh, gold, wave, bytes, nameless, rebasing, deeds, items, splitter, factory, … */
  readonly contracts: Readonly<Record<string, string>>;
  readonly senders: readonly string[];
  readonly receivers: readonly string[];
  readonly #chainId: number;
  readonly #wallets: readonly HDNodeWallet[];
  readonly #perBlock: readonly [least: number, most: number];
  #world: World;

  constructor(options: TrafficOptions) {
    const { chainId, seed = 1, senders = 20, receivers = 300, perBlock = [3, 12] } = options;
    this.#chainId = chainId;
    this.#perBlock = perBlock;
    this.#wallets = devAccounts(senders);
    this.senders = this.#wallets.map(({ address }) => address);
    this.receivers = receiverAddresses(receivers);
    this.contracts = contractAddresses(this.senders[0] as string);
    const nonces = this.senders.map(() => 0);
    this.#world = this.#worldOf({ randomState: seed, nonces, deeds: [], deedsMinted: 0, salts: 0 });
  }

  /** The first blocks of a fresh chain: they create the contracts and give every sender its tokens. */
  async setup(): Promise<RawTransaction[][]> {
    const blocks: RawTransaction[][] = [];
    for (const drafts of setupDrafts(this.#world)) blocks.push(await this.#signAll(drafts));
    return blocks;
  }

  async nextBlock(): Promise<RawTransaction[]> {
    const drafts = Array.from({ length: this.#world.random.integer(...this.#perBlock) }, () => this.#draft());
    return await this.#signAll(drafts);
  }

  /** What `restore` needs to go on from here, as plain data. */
  save(): TrafficState {
    return structuredClone({ ...this.#world.state, randomState: this.#world.random.state });
  }

  /** Goes back to a saved point, after the chain went back to it. Another seed makes other transactions from there on. */
  restore(state: TrafficState, seed: number = state.randomState): void {
    this.#world = this.#worldOf({ ...structuredClone(state), randomState: seed });
  }

  #worldOf(state: TrafficState): World {
    const { senders, receivers, contracts } = this;
    return { random: new SeededRandom(state.randomState), state, senders, receivers, contracts };
  }

  #draft(): Draft {
    const { random, senders } = this.#world;
    const from = random.integer(0, senders.length - 1);
    let left = random.next() * TOTAL_WEIGHT;
    const recipe = RECIPES.find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
    return (recipe ?? random.pick(RECIPES)).draft(this.#world, from);
  }

  async #signAll(drafts: readonly Draft[]): Promise<RawTransaction[]> {
    const raws: RawTransaction[] = [];
    for (const draft of drafts) raws.push(await this.#sign(draft));
    return raws;
  }

  async #sign({ from, to, data, value, gasLimit }: Draft): Promise<RawTransaction> {
    const { random, state } = this.#world;
    const nonce = state.nonces[from] ?? 0;
    state.nonces[from] = nonce + 1;
    const wallet = this.#wallets[from] as HDNodeWallet;
    const common = { chainId: this.#chainId, nonce, to, data, value, gasLimit };
    const kind = random.next();
    const gasPrice = BigInt(random.integer(20, 40)) * GWEI;
    if (kind < 0.2) return await wallet.signTransaction({ ...common, type: 0, gasPrice });
    if (kind < 0.35) {
      const accessList = to === null ? [] : [{ address: to, storageKeys: [] }];
      return await wallet.signTransaction({ ...common, type: 1, gasPrice, accessList });
    }
    const maxPriorityFeePerGas = BigInt(random.integer(1, 3)) * GWEI;
    return await wallet.signTransaction({ ...common, type: 2, maxFeePerGas: gasPrice, maxPriorityFeePerGas });
  }
}
