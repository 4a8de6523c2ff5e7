import type { ChainId } from "../../../core/caip.ts";
import type { Asset } from "../../../core/model.ts";

/** How addresses of a network are written. */
export type AddressForms = {
  /** Base58Check version byte of a public key's hash. */
  readonly pubKeyHash: number;
  /** Base58Check version byte of a script's hash. */
  readonly scriptHash: number;
  /** Further version bytes that are read as a script's hash, but not written. */
  readonly formerScriptHashes: readonly number[];
  /** Human-readable part of addresses of witness programs (BIP173, BIP350). Absent where there are none. */
  readonly segwit?: string;
  /** Prefix of CashAddr addresses. Where present, addresses are written in that form, without the prefix. */
  readonly cash?: string;
};

/** How much of new coin the coinbase of a block may take, beside the fees. */
export type SubsidyRule =
  | { readonly kind: "halving"; readonly initial: bigint; readonly intervalBlocks: number }
  /**
   * Dogecoin's: below `fixedFrom` a number that is drawn from the parent's hash; from there on `initial` halved every
   * `intervalBlocks`, and `last` from the sixth interval on.
   */
  | {
      readonly kind: "drawn";
      readonly fixedFrom: number;
      readonly initial: bigint;
      readonly intervalBlocks: number;
      readonly last: bigint;
    };

/** How the target of the next block follows from the headers before it. */
export type RetargetRule =
  /** Never: every block has its parent's target. */
  | { readonly kind: "none" }
  /** By a rule that is not known here well enough to refuse a block for it. */
  | { readonly kind: "unlisted" }
  | IntervalRetarget
  /** Dogecoin's: by interval up to `fromHeight` - 1, then every block, damped (DigiShield). */
  | { readonly kind: "digishield"; readonly spacingSeconds: number; readonly fromHeight: number }
  /** Bitcoin Cash's aserti3-2d, absolute to an anchor. What was before the anchor is not known here. */
  | {
      readonly kind: "asert";
      readonly spacingSeconds: number;
      readonly halfLifeSeconds: number;
      readonly anchor: { readonly height: number; readonly bits: number; readonly parentTime: number };
    };

export type IntervalRetarget = {
  readonly kind: "interval";
  readonly timespanSeconds: number;
  readonly spacingSeconds: number;
  /** Test networks: a block more than two spacings after its parent may have the easiest target. */
  readonly minDifficultyBlocks: boolean;
  /** BIP94: the new target stands on the first target of the interval and not on the last, which may be the easiest. */
  readonly fromFirstTarget: boolean;
  /** Litecoin: the time is measured over the whole interval and not over one spacing less. */
  readonly wholeInterval: boolean;
};

/** Merged mining: the work may be that of another chain's header which commits to this block. */
export type AuxPowRule = { readonly chainId: number; readonly fromHeight: number; readonly strictChainId: boolean };

/** All in which one network of the family differs from the others. Amounts are in the smallest unit, 10^-8 of a coin. */
export type BitcoinNetwork = {
  /** CAIP-2: the first 32 digits of the genesis block's hash, or of the first block after a split from an older chain. */
  readonly id: ChainId;
  readonly name: string;
  readonly symbol: string;
  /** The coin's type in SLIP-44. */
  readonly slip44: number;
  /** The hash of block 0, 64 hex digits. */
  readonly genesisHash: string;
  /** The first blocks that it does not share with chains that split from it, or from which it split. Ascending. */
  readonly splits: readonly { readonly height: number; readonly hash: string }[];
  readonly expectedIntervalMs: number;
  readonly addresses: AddressForms;
  readonly subsidy: SubsidyRule;
  /** No amount and no sum of a transaction's amounts is above it. */
  readonly maxAmount: bigint;
  readonly workHash: "sha256d" | "scrypt";
  /** The easiest target that is allowed. */
  readonly workLimit: bigint;
  readonly retarget: RetargetRule;
  readonly auxPow?: AuxPowRule;
  /** From this height on the coinbase starts with the block's height (BIP34). */
  readonly coinbaseHeightFrom: number;
  /** From this height on blocks may have witnesses (BIP141). Absent where never. */
  readonly segwitFrom?: number;
  /** Transactions may carry the flag of MimbleWimble extension blocks (LIP-2, LIP-3). */
  readonly extensionBlocks: boolean;
  /** Output scripts may have a token before them (CHIP-2022-02-CashTokens). */
  readonly cashTokens: boolean;
  /** Scripts that hash with 32 bytes are a form of address of their own (pay to script hash 32). */
  readonly scriptHash32: boolean;
  /**
   * From this height on a block's transactions stand in the order of their ids, so that one may spend what a later one makes.
   * Absent where they always stand after what they spend.
   */
  readonly sortedFrom?: number;
  /** Largest block without witnesses, bytes. With witnesses four times as much of weight. */
  readonly maxBlockBytes: number;
  /** From this height on the largest block follows from the blocks before it, which is not checked. */
  readonly elasticSizeFrom?: number;
  /** How many blocks, its own included, a coinbase waits before it may be spent, by its own height. Ascending. */
  readonly maturity: readonly { readonly fromHeight: number; readonly blocks: number }[];
  /** The script, as hex, that a block's signature must satisfy (BIP325). Absent where blocks have work alone. */
  readonly challenge?: string;
  /**
   * Blocks whose coinbase has the id of an earlier one that was not spent yet: its outputs are lost (BIP30). The blocks'
   * heights with that transaction's id.
   */
  readonly repeatedCoinbases: ReadonlyMap<number, string>;
};

/** Whether the network is one that everybody makes for himself: there the target never changes. */
export function isOwnNetwork({ retarget }: BitcoinNetwork): boolean {
  return retarget.kind === "none";
}

/** The only asset of a network: its coin. */
export function nativeAsset({ slip44 }: BitcoinNetwork): Asset {
  return `slip44:${slip44}`;
}
