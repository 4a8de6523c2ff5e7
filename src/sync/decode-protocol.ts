import type { ChainConfig } from "../core/contracts/chain-config.ts";
import type { BlockOutputs, CheckResult, RawBlock } from "../core/contracts/plugin.ts";
import type { ErrorData } from "../core/errors.ts";
import type { SealedBlock } from "../core/ledger/seal.ts";
import type { BlockRef, OutputId } from "../core/model.ts";
import type { PackedOutputs } from "./outputs/packed-outputs.ts";

/** What a worker is started with: for each chain its configuration and the URL of its plugin's module. */
export type DecodeWorkerData = {
  readonly chains: readonly { readonly config: ChainConfig; readonly pluginUrl: string }[];
};

/** A block that is verified and decoded in full. */
export type DecodedBlock = { readonly sealed: SealedBlock; readonly checks: readonly CheckResult[] };

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

/** The first look at a block; for a chain without outputs, all there is to do. */
export type LookJob = { readonly id: number; readonly chain: string; readonly raw: RawBlock };

/** The second look. `seen` is the number of the first in this thread; without it, or when it is forgotten, `raw` is needed. */
export type CompleteJob = {
  readonly id: number;
  readonly chain: string;
  readonly seen?: number;
  readonly raw?: RawBlock;
  /** Without their ids. */
  readonly spent: PackedOutputs;
};

export type DecodeJob = LookJob | CompleteJob;

export type DecodeAnswer =
  | ({ readonly id: number } & DecodedBlock)
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
  | { readonly id: number; readonly completed: DecodedBlock }
  | { readonly id: number; readonly forgotten: true }
  | { readonly id: number; readonly error: ErrorData };
