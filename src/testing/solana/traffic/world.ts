import type { SeededRandom } from "../../seeded-random.ts";
import type { SolanaCluster } from "../cluster.ts";
import { readTokenAccount, type TokenAccount } from "../ledger/token-state.ts";
import { associatedAddress } from "../programs/token.ts";
import { Keypair } from "../wire/keypair.ts";
import type { AddressTable, TransactionDraft } from "../wire/message.ts";

/** A token of the traffic's own. */
export type TrafficMint = {
  readonly address: string;
  readonly key: Keypair;
  readonly authority: Keypair;
  readonly program: string;
  readonly decimals: number;
  /** What every wallet gets of it at first, in its smallest unit. */
  readonly allotted: bigint;
};

export type Draft = Omit<TransactionDraft, "blockhash">;

/** What recipes work with. All that they believe of accounts they read from the chain, so that forks do not matter to them. */
export class TrafficWorld {
  readonly cluster: SolanaCluster;
  readonly random: SeededRandom;
  readonly wallets: readonly Keypair[];
  readonly mints: readonly TrafficMint[];
  /** Addresses that version 0 transactions look up. Undefined until the table is set up. */
  table: AddressTable | undefined;
  /** Accounts with a key of their own that were made along the way: of lamports, and of tokens. */
  readonly purses: Keypair[] = [];
  readonly tokenAccounts: Keypair[] = [];
  readonly #seed: string;
  readonly #walletsByAddress: ReadonlyMap<string, Keypair>;
  #made: number;

  constructor(
    cluster: SolanaCluster,
    options: {
      readonly seed: string;
      readonly random: SeededRandom;
      readonly wallets: readonly Keypair[];
      readonly mints: readonly TrafficMint[];
    },
  ) {
    this.cluster = cluster;
    this.#seed = options.seed;
    this.random = options.random;
    this.wallets = options.wallets;
    this.mints = options.mints;
    this.#walletsByAddress = new Map(options.wallets.map((wallet) => [wallet.address, wallet]));
    this.#made = 0;
  }

  /** A key that nobody has used yet. */
  newKey(): Keypair {
    return Keypair.named(`${this.#seed} made ${this.#made++}`);
  }

  lamportsOf(address: string): bigint {
    return this.cluster.account(address)?.lamports ?? 0n;
  }

  /** A wallet that can pay for a few things. */
  aPayer(): Keypair {
    const { random, wallets } = this;
    const first = random.integer(0, wallets.length - 1);
    const inTurn = [...wallets.slice(first), ...wallets.slice(0, first)];
    return inTurn.find(({ address }) => this.lamportsOf(address) > 100_000_000n) ?? (inTurn[0] as Keypair);
  }

  /** Another wallet than this one. */
  another(than: Keypair): Keypair {
    return this.random.pick(this.wallets.filter((wallet) => wallet !== than));
  }

  walletOf(address: string): Keypair | undefined {
    return this.#walletsByAddress.get(address);
  }

  /** A wallet's own account of a mint. */
  accountOf(wallet: { readonly address: string }, mint: TrafficMint): string {
    return associatedAddress(wallet.address, mint.address, mint.program);
  }

  token(address: string): TokenAccount | undefined {
    return readTokenAccount(this.cluster.account(address));
  }

  /** A part of an amount, at least 1. */
  aPart(of: bigint, most = 50): bigint {
    const thousandths = BigInt(this.random.integer(1, 10 * most));
    const part = (of * thousandths) / 1_000n;
    return part > 0n ? part : 1n;
  }

  rent(sizeBytes: number): bigint {
    return this.cluster.ledger.svm.minimumBalance(sizeBytes);
  }
}

/** One kind of transaction. Undefined where the chain as it stands has nothing to do it with. */
export type Recipe = {
  readonly name: string;
  /** How often it comes, against the others. */
  readonly weight: number;
  readonly draft: (world: TrafficWorld) => Draft | undefined;
};
