import { HeadwaterError } from "../../core/errors.ts";
import { LIMITS } from "../../core/limits.ts";
import { Branch } from "./branch.ts";
import { type Bank, bankAtHeight, isAncestor } from "./ledger/bank.ts";
import { hashText, Ledger } from "./ledger/ledger.ts";
import { Validators } from "./ledger/validators.ts";
import { transfer } from "./programs/system.ts";
import type { AccountState } from "./svm/account-state.ts";
import { Keypair } from "./wire/keypair.ts";
import { type SignedTransaction, signTransaction } from "./wire/message.ts";
import { readWire } from "./wire/read-wire.ts";

export type ClusterOptions = {
  /** Makes keys and hashes: clusters of one seed that do the same have the same blocks. Default `cluster`. */
  readonly seed?: string;
  /** Seconds since the Unix epoch at slot 0. Default 1,700,000,000. A slot takes 0.4 s of the chain's time. */
  readonly genesisTime?: number;
  /** Who makes blocks in turn. Default 2. */
  readonly validators?: number;
  /** Whether blocks hold votes, one of each validator. Default true. */
  readonly votes?: boolean;
  /** Blocks on a block after which it is confirmed. Default 1. */
  readonly confirmedBlocks?: number;
  /** Blocks on a block after which it is finalized. Default 31, as on mainnet. */
  readonly finalizedBlocks?: number;
  /** Blocks that are kept, older ones are forgotten. Default `LIMITS.testClusterBlocks`, at most `LIMITS.testNetworkBlocks`. */
  readonly keptBlocks?: number;
};

/** Half of mainnet's supply: beyond 2^53, so that whoever is not exact is found out by every block with an airdrop. */
const FAUCET_LAMPORTS = 300_000_000_000_000_000n;
const VALIDATOR_LAMPORTS = 5_000_000_000_000n;
/** Blocks are forgotten so many at a time. */
const FORGOTTEN_AT_ONCE = 256;

/**
 * A chain of Solana in this process: the real virtual machine executes really signed transactions, and everything around it is
 * of Headwater's own making: slots, blocks, votes without stake, a hash in place of the proof of history, commitment by the
 * number of blocks. It is no validator. Slots are made by calls: the same calls make the same blocks.
 */
export class SolanaCluster {
  readonly genesisHash: string;
  /** Has the lamports that airdrops give. */
  readonly faucet: Keypair;
  readonly ledger: Ledger;
  readonly main: Branch;
  readonly confirmedBlocks: number;
  readonly finalizedBlocks: number;
  readonly #keptBlocks: number;
  readonly #listeners = new Set<() => void>();
  #followed: Branch;
  #pending: Uint8Array[] = [];
  #airdrops = 0;
  #oldest: Bank;

  /** @throws HeadwaterError `test-node-failed` where the virtual machine is missing */
  constructor(options: ClusterOptions = {}) {
    const { seed = "cluster", genesisTime = 1_700_000_000, validators: count = 2, votes = true } = options;
    this.confirmedBlocks = options.confirmedBlocks ?? 1;
    this.finalizedBlocks = options.finalizedBlocks ?? 31;
    this.#keptBlocks = Math.min(options.keptBlocks ?? LIMITS.testClusterBlocks, LIMITS.testNetworkBlocks);
    this.genesisHash = hashText("genesis", seed);
    this.faucet = Keypair.named(`${seed} faucet`);
    const validators = new Validators(seed, count);
    const allotted = new Map(validators.all.map(({ identity }) => [identity.address, VALIDATOR_LAMPORTS]));
    allotted.set(this.faucet.address, FAUCET_LAMPORTS);
    this.ledger = new Ledger({ genesisHash: this.genesisHash, genesisTime, validators, allotted, votes });
    this.#oldest = this.ledger.genesis;
    this.main = new Branch(this.ledger, this.ledger.main, this.ledger.genesis);
    this.#followed = this.main;
  }

  /** The branch that nodes follow which have none of their own. At first `main`. */
  get followed(): Branch {
    return this.#followed;
  }

  /** The newest block of the followed branch. */
  get tip(): Bank {
    return this.#followed.tip;
  }

  /** The oldest block that is kept. */
  get oldest(): Bank {
    return this.#oldest;
  }

  /** Transactions that the next block of the followed branch will try, oldest first. */
  get pending(): readonly Uint8Array[] {
    return this.#pending;
  }

  /**
   * Makes the next slot's block: of the followed branch with all that was sent, of another with the transactions given.
   * Transactions that cannot even pay their fee are left out, as leaders do.
   */
  makeSlot(branch: Branch = this.#followed, wires: readonly Uint8Array[] = []): Bank {
    const sent = branch === this.#followed ? this.#pending : [];
    if (branch === this.#followed) this.#pending = [];
    branch.makeBlock([...sent, ...wires]);
    this.#forgetOld();
    this.#tell();
    return branch.tip;
  }

  makeSlots(count: number, branch: Branch = this.#followed): Bank {
    for (let i = 0; i < count; i++) this.makeSlot(branch);
    return branch.tip;
  }

  /** Lets slots pass without a block. */
  skipSlots(count: number, branch: Branch = this.#followed): void {
    branch.skip(count);
    this.#tell();
  }

  /**
   * Begins a branch beside the followed one: its first block will stand on the block so many blocks below the tip.
   * @throws HeadwaterError `test-node-failed` where that is not kept
   */
  fork(depth: number): Branch {
    const above = bankAtHeight(this.tip, this.tip.height - depth);
    if (!above) throw new HeadwaterError("test-node-failed", `no block ${depth} below the tip is kept`);
    return new Branch(this.ledger, this.ledger.branch(above), above);
  }

  /**
   * Lets nodes follow another branch. Transactions of the blocks that they leave are sent again where they are not in the
   * other branch, as whoever sent them would do.
   */
  follow(branch: Branch): void {
    const left = this.#followed.tip;
    this.#followed = branch;
    const again: Uint8Array[] = [];
    for (let bank: Bank | undefined = left; bank && !isAncestor(bank, branch.tip); bank = bank.parent) {
      const others = bank.transactions.filter(({ isVote }) => !isVote);
      again.unshift(...others.map(({ wire }) => wire.wire));
    }
    this.#pending = [...again, ...this.#pending].filter((wire) => !this.ledger.refusal(readWire(wire), branch.tip));
    this.#tell();
  }

  /** Sends a transaction to the next leader. @throws WireProblem when the bytes are none */
  send(wire: Uint8Array): string {
    const { signatures } = readWire(wire);
    if (this.#pending.length >= LIMITS.testMempoolTransactions) {
      throw new HeadwaterError("test-node-failed", `${this.#pending.length} transactions wait for a block already`);
    }
    this.#pending.push(wire);
    return signatures[0] as string;
  }

  /** Sends lamports from the faucet. */
  airdrop(address: string, lamports: bigint): string {
    return this.send(this.signAirdrop(address, lamports).wire);
  }

  /** An airdrop that nobody has sent yet. Two alike are two transactions. */
  signAirdrop(address: string, lamports: bigint, blockhash: string = this.tip.blockhash): SignedTransaction {
    // What makes it differ from the last one alike is a lamport that the faucet gives to itself.
    const own = transfer(this.faucet.address, this.faucet.address, BigInt(++this.#airdrops));
    const instructions = [transfer(this.faucet.address, address, lamports), own];
    return signTransaction({ payer: this.faucet, instructions, blockhash });
  }

  /** An account after the newest block of the followed branch, or another one that is kept. */
  account(address: string, bank: Bank = this.tip): AccountState | undefined {
    return this.ledger.accounts.read(address, bank);
  }

  /** @param listener told after every slot and every change of the followed branch. @returns ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #forgetOld(): void {
    const { tip } = this;
    if (tip.height - this.#oldest.height < this.#keptBlocks + FORGOTTEN_AT_ONCE) return;
    const floor = bankAtHeight(tip, tip.height - this.#keptBlocks);
    if (!floor) return;
    this.ledger.forgetBelow(floor);
    this.#oldest = floor;
  }
}
