import type { ChainConfig } from "../core/contracts/chain-config.ts";
import type { BlockOutputs, CheckResult, RawBlock } from "../core/contracts/plugin.ts";
import type { ErrorData } from "../core/errors.ts";
import type { SealedBlock } from "../core/ledger/seal.ts";
import type { BlockRef, OutputId } from "../core/model.ts";
import type { PackedOutputs } from "./outputs/packed-outputs.ts";
import type { PackedBlock } from "./packed-block.ts";

/** What a worker is started with: for each chain its configuration and the URL of its plugin's module. */
export type DecodeWorkerData = {
  readonly chains: readonly { readonly config: ChainConfig; readonly pluginUrl: string }[];
};

/** By what two nodes' copies of a block are compared: hexadecimal digits of SHA-256 over the bytes, and `hashContent`. */
export type ContentMark = { readonly bytes: string; readonly content: string };

/** What comes of a copy that is only to be compared with another. */
export type MarkedCopy = { readonly ref: BlockRef; readonly mark: ContentMark };

/** A block that is verified and decoded in full. */
export type DecodedBlock = {
  readonly sealed: SealedBlock;
  readonly checks: readonly CheckResult[];
  /** Where it was asked for. */
  readonly mark?: ContentMark;
};

/** A block after its first look: decoded when what it spends is found. */
export type OpenBlock = {
  readonly outputs: BlockOutputs;
  /** What was checked so far. */
  readonly checks: readonly CheckResult[];
  /** For a thread that does not have the block at hand any more. Handed over with the second look. */
  readonly raw: RawBlock;
  /** Which thread had the first look, and under which number. */
  readonly seen?: { readonly lane: object; readonly id: number };
};

/** The first look at a block; for a chain without outputs, all there is to do. `marked`: copies will be compared with it. */
export type LookJob = {
  readonly id: number;
  readonly chain: string;
  readonly raw: RawBlock;
  readonly marked?: boolean;
};

/** A copy to be compared: with equal bytes it is what `like` is, and is not decoded; with equal content not verified. */
export type MarkJob = {
  readonly id: number;
  readonly chain: string;
  readonly raw: RawBlock;
  readonly like: MarkedCopy | undefined;
};

/** The second look. `seen` is the number of the first in this thread; without it, or when it is forgotten, `raw` is needed. */
export type CompleteJob = {
  readonly id: number;
  readonly chain: string;
  readonly seen?: number;
  readonly raw?: RawBlock;
  /** Without their ids. */
  readonly spent: PackedOutputs;
};

export type DecodeJob = LookJob | MarkJob | CompleteJob;

/** Which accounts of a chain are kept, in every block that follows. No job: it is not answered. */
export type WatchNotice = { readonly chain: string; readonly watched: SharedArrayBuffer };

/** A decoded block as a thread sends it. */
export type SentBlock = Omit<DecodedBlock, "sealed"> & { readonly sealed: PackedBlock };

export type DecodeAnswer =
  | ({ readonly id: number } & SentBlock)
  | {
      readonly id: number;
      readonly opened: {
        readonly ref: BlockRef;
        readonly spends: readonly OutputId[];
        readonly makes: PackedOutputs;
        readonly checks: readonly CheckResult[];
        readonly parts: RawBlock["parts"];
      };
    }
  | { readonly id: number; readonly completed: SentBlock }
  | { readonly id: number; readonly marked: MarkedCopy }
  | { readonly id: number; readonly forgotten: true }
  | { readonly id: number; readonly error: ErrorData };
