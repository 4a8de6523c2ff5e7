/**
 * The vocabulary of the ledger. Inside Headwater an account is the address part of its CAIP-10 id in the chain's
 * canonical form (for hex chains: lower case), and an asset is the part of its CAIP-19 id after the chain.
 */
export type Account = string;
export type Asset = string;

/** A block's place in its chain. `time` is in milliseconds since the Unix epoch, hashes in the chain's canonical text. */
export type BlockRef = {
  readonly height: number;
  readonly hash: string;
  readonly parentHash: string;
  /** Less than `height - 1` where the chain skips heights (empty slots); -1 for a genesis block. */
  readonly parentHeight: number;
  readonly time: number;
};

export const FINALITIES = ["latest", "safe", "finalized"] as const;
/** How final a block is in the chain's own terms: `latest < safe < finalized`. */
export type Finality = (typeof FINALITIES)[number];

/**
 * Why a balance changed. Signs are carried by `delta`; a transfer is two movements.
 * The order is the storage code: append only.
 */
export const MOVEMENT_KINDS = [
  "transfer",
  "internal",
  "fee",
  "reward",
  "withdrawal",
  "mint",
  "burn",
  "deposit",
  "create",
  "selfdestruct",
] as const;
export type MovementKind = (typeof MOVEMENT_KINDS)[number];

/** A signed change of one account's balance in one asset by one transaction, in the asset's smallest unit. */
export type Movement = {
  readonly account: Account;
  readonly asset: Asset;
  readonly delta: bigint;
  readonly kind: MovementKind;
};

export type Fee = { readonly payer: Account; readonly asset: Asset; readonly amount: bigint };

/**
 * One transaction as the ledger keeps it. The fee is also among the movements (kind `fee`), so that the movements alone
 * add up to what the transaction did to every balance.
 *
 * What a block does outside any transaction (withdrawals, block rewards) is one entry more, after the last transaction,
 * with the id `block:<block hash>`, no fee and status `success`.
 */
export type LedgerTransaction = {
  readonly id: string;
  /** Position in the block, from 0, without gaps. */
  readonly index: number;
  readonly status: "success" | "failed";
  readonly fee: Fee | null;
  readonly movements: readonly Movement[];
  /** What it takes and makes, on chains whose coins are outputs. Absent where it does neither, and on other chains. */
  readonly outputs?: TransactionOutputs;
};

/** The name of an output over its chain: the id of the transaction that made it and its position there, `<id>:<position>`. */
export type OutputId = string;

/**
 * An amount that one account holds as a whole, on chains whose coins are outputs (UTXO). `height` is that of the block that
 * made it; `coinbase` says that it came with the block's reward, which chains make wait before it may be spent.
 */
export type Output = {
  readonly id: OutputId;
  readonly account: Account;
  readonly asset: Asset;
  readonly amount: bigint;
  readonly height: number;
  readonly coinbase: boolean;
};

/** An output as the transaction that spends it, or makes it, tells of it. The block's height is not part of it. */
export type TransactionOutput = Pick<Output, "id" | "account" | "asset" | "amount">;

/**
 * The outputs of one transaction, in its own order. It spends before it makes: an id that it both spends and makes exists
 * after it. It may spend what any other transaction of its block makes, also a later one: some chains sort them by their ids.
 * The movements say the same of balances; what nobody can ever spend is burnt and is no output.
 */
export type TransactionOutputs = {
  readonly spends: readonly TransactionOutput[];
  readonly makes: readonly TransactionOutput[];
  /** What it makes is the block's reward. */
  readonly coinbase: boolean;
};

/** An absolute balance after a block, told by the chain's own data. */
export type Observation = { readonly account: Account; readonly asset: Asset; readonly amount: bigint };

/** What a plugin makes of a raw block. */
export type LedgerBlock = {
  readonly ref: BlockRef;
  readonly transactions: readonly LedgerTransaction[];
  readonly observations: readonly Observation[];
  /**
   * What later blocks are held against (`Chain.verifyTrail`), at most `LIMITS.trailBytes`. It follows from the block's hash
   * and is no part of the digest. Absent where the chain has no such rules.
   */
  readonly trail?: Uint8Array<ArrayBuffer>;
};

/** The id under which a block's own entry (withdrawals, rewards) is kept. */
export function blockEntryId(blockHash: string): string {
  return `block:${blockHash}`;
}

/** What a token says of itself. `null` where it does not say, or says nonsense: that is no error. */
export type AssetInfo = { readonly symbol: string | null; readonly decimals: number | null };

/**
 * Whether the movements of an asset class show every change of balance. `complete` lets the ledger answer by itself once
 * an account's baseline is known; `partial` balances are read from nodes.
 */
export type Completeness = "complete" | "partial";
