import { HeadwaterError } from "../../../core/errors.ts";
import { SeededRandom } from "../../seeded-random.ts";
import type { SolanaCluster } from "../cluster.ts";
import { createTable, extendTable } from "../programs/address-table.ts";
import { TOKEN, TOKEN_2022 } from "../programs/programs.ts";
import { createAccount } from "../programs/system.ts";
import {
  createAssociated,
  FEE_MINT_BYTES,
  initializeMint,
  initializeTransferFee,
  MINT_BYTES,
  mintTo,
} from "../programs/token.ts";
import { Keypair } from "../wire/keypair.ts";
import { signTransaction } from "../wire/message.ts";
import { RECIPES } from "./recipes.ts";
import { type Draft, type TrafficMint, TrafficWorld } from "./world.ts";

export type TrafficOptions = {
  /** Default 1. */
  readonly seed?: number;
  /** Accounts that pay and are paid. Default 12, at most 25. */
  readonly wallets?: number;
};

const WALLET_LAMPORTS = 2_000_000_000_000n;
const MAX_WALLETS = 25;
/** 2 % of what is sent, which Token-2022 withholds in the receiver's account. */
const FEE_BASIS_POINTS = 200;
const TOTAL_WEIGHT = RECIPES.reduce((sum, { weight }) => sum + weight, 0);

/**
 * Realistic signed transactions, the same for the same seed and calls: lamports and tokens sent, accounts opened, emptied and
 * closed, mints and burns, accounts that change hands, transfer fees of Token-2022, address tables, priority fees, memos, and
 * such as fail. They follow the chain as it stands, so that forks and skipped slots do not disturb them.
 */
export class SolanaTraffic {
  readonly wallets: readonly Keypair[];
  readonly mints: readonly TrafficMint[];
  readonly #cluster: SolanaCluster;
  readonly #world: TrafficWorld;

  /** @throws RangeError for too many wallets */
  constructor(cluster: SolanaCluster, options: TrafficOptions = {}) {
    const { seed = 1, wallets = 12 } = options;
    if (wallets < 2 || wallets > MAX_WALLETS) throw new RangeError(`expected 2 to ${MAX_WALLETS} wallets`);
    const name = `traffic ${seed}`;
    this.#cluster = cluster;
    this.wallets = Array.from({ length: wallets }, (_, i) => Keypair.named(`${name} wallet ${i}`));
    this.mints = [
      mintOf(name, "coin", TOKEN, 6, 1_000_000_000_000n),
      // What is minted of it is beyond 2^53.
      mintOf(name, "dust", TOKEN, 12, 400_000_000_000_000_000n),
      mintOf(name, "levy", TOKEN_2022, 9, 5_000_000_000_000n),
    ];
    const random = new SeededRandom(seed);
    this.#world = new TrafficWorld(cluster, { seed: name, random, wallets: this.wallets, mints: this.mints });
  }

  /** An account that has much going on, for people to try. */
  get busyAccount(): string {
    return (this.wallets[0] as Keypair).address;
  }

  /**
   * Gives the wallets lamports and tokens and sets the address table up. Makes five blocks for it.
   * @throws HeadwaterError `test-node-failed` when a transaction does not succeed
   */
  setUp(): void {
    for (const { address } of this.wallets) this.#cluster.airdrop(address, WALLET_LAMPORTS);
    this.#mustSucceed();
    for (const mint of this.mints) this.#send(this.#createMint(mint));
    this.#mustSucceed();
    for (const mint of this.mints) for (const wallet of this.wallets) this.#send(this.#allot(mint, wallet));
    this.#mustSucceed();
    const [owner] = this.wallets as readonly [Keypair];
    const { address, instruction } = createTable(owner.address, owner.address, this.#cluster.tip.slot);
    const addresses = this.wallets.map((wallet) => wallet.address);
    const extend = extendTable(address, owner.address, owner.address, addresses);
    this.#send({ payer: owner, instructions: [instruction, extend] });
    this.#mustSucceed();
    // Addresses can be looked up from the slot after the one that added them.
    this.#world.table = { address, addresses };
    this.#cluster.makeSlot();
  }

  /** Sends so many transactions, which the next block will try. @returns the names of their recipes */
  send(count: number): string[] {
    const names: string[] = [];
    while (names.length < count) {
      const recipe = this.#pick();
      const draft = recipe.draft(this.#world);
      if (!draft) continue;
      this.#send(draft);
      names.push(recipe.name);
    }
    return names;
  }

  #pick() {
    let left = this.#world.random.next() * TOTAL_WEIGHT;
    const found = RECIPES.find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
    return found ?? this.#world.random.pick(RECIPES);
  }

  #send(draft: Draft): void {
    this.#cluster.send(signTransaction({ ...draft, blockhash: this.#cluster.tip.blockhash }).wire);
  }

  #createMint({ key, authority, decimals, program }: TrafficMint): Draft {
    const [payer] = this.wallets as readonly [Keypair];
    const isTaxed = program === TOKEN_2022;
    const sizeBytes = isTaxed ? FEE_MINT_BYTES : MINT_BYTES;
    const room = { lamports: this.#world.rent(sizeBytes), sizeBytes, owner: program };
    const tax = initializeTransferFee(key.address, authority.address, FEE_BASIS_POINTS, 2n ** 63n);
    const instructions = [
      createAccount(payer.address, key.address, room),
      ...(isTaxed ? [tax] : []),
      initializeMint(key.address, decimals, authority.address, program),
    ];
    return { payer, signers: [key], instructions };
  }

  #allot({ address, authority, program, allotted }: TrafficMint, wallet: Keypair): Draft {
    const account = this.#world.accountOf(wallet, { address, program } as TrafficMint);
    const instructions = [
      createAssociated(wallet.address, wallet.address, address, program),
      mintTo(address, account, authority.address, allotted, program),
    ];
    return { payer: wallet, signers: [authority], instructions };
  }

  #mustSucceed(): void {
    const sent = this.#cluster.pending.length;
    const bank = this.#cluster.makeSlot();
    const own = bank.transactions.slice(-sent);
    const failed = own.find(({ err }) => err !== null);
    if (!failed && own.length === sent) return;
    const why = failed ? `${JSON.stringify(failed.err)}: ${failed.logs.join("; ")}` : "not all are in the block";
    throw new HeadwaterError("test-node-failed", `the traffic could not be set up: ${why}`);
  }
}

function mintOf(seed: string, name: string, program: string, decimals: number, allotted: bigint): TrafficMint {
  const key = Keypair.named(`${seed} mint ${name}`);
  return {
    address: key.address,
    key,
    authority: Keypair.named(`${seed} authority ${name}`),
    program,
    decimals,
    allotted,
  };
}
