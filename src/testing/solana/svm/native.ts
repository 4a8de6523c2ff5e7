import { createRequire } from "node:module";
import { HeadwaterError } from "../../../core/errors.ts";

/** What of the native package's classes is used here; it comes without types of its own. Keys and data are bytes. */
export interface NativeAccount {
  lamports(): bigint;
  data(): Uint8Array;
  owner(): Uint8Array;
  executable(): boolean;
  rentEpoch(): bigint;
}

export interface NativeInstruction {
  programIdIndex(): number;
  accounts(): Uint8Array;
  data(): Uint8Array;
}

export interface NativeMetadata {
  logs(): string[];
  innerInstructions(): { instruction(): NativeInstruction; stackHeight(): number }[][];
  computeUnitsConsumed(): bigint;
  returnData(): { programId(): Uint8Array; data(): Uint8Array };
}

export interface NativeFailure {
  meta(): NativeMetadata;
  /** Rust's debug form of all of it; the error stands in it as the runtime names it. */
  toString(): string;
}

export interface NativeSimulation {
  meta(): NativeMetadata;
  postAccounts(): { readonly address: Uint8Array; account(): NativeAccount }[];
}

export interface NativeSvm {
  setTransactionHistory(capacity: bigint): void;
  setBlockhashCheck(check: boolean): void;
  setSigverify(check: boolean): void;
  minimumBalanceForRentExemption(sizeBytes: bigint): bigint;
  getAccount(key: Uint8Array): NativeAccount | null;
  setAccount(key: Uint8Array, account: NativeAccount): void;
  sendVersionedTransaction(wire: Uint8Array): NativeMetadata | NativeFailure;
  simulateVersionedTransaction(wire: Uint8Array): NativeSimulation | NativeFailure;
  setClock(clock: object): void;
  setSlotHashes(hashes: readonly { readonly slot: bigint; readonly hash: string }[]): void;
}

export type NativePackage = {
  readonly LiteSvm: new () => NativeSvm;
  readonly Account: new (
    lamports: bigint,
    data: Uint8Array,
    owner: Uint8Array,
    executable: boolean,
    rentEpoch: bigint,
  ) => NativeAccount;
  readonly Clock: new (
    slot: bigint,
    epochStartTimestamp: bigint,
    epoch: bigint,
    leaderScheduleEpoch: bigint,
    unixTimestamp: bigint,
  ) => object;
  readonly FailedTransactionMetadata: new () => NativeFailure;
};

/** The one platform of which npm has the build that is used here. */
const PACKAGE = "litesvm-linux-x64-gnu";
const VERSION = "1.5.0";
const PLATFORM = "linux-x64";

/**
 * Loads the Solana virtual machine.
 * @throws HeadwaterError `test-node-failed` when it is not on this machine, with what to do about it
 */
export function loadSvm(platform = `${process.platform}-${process.arch}`, name = PACKAGE): NativePackage {
  if (platform !== PLATFORM) {
    throw missing(`it is depended on for ${PLATFORM} with glibc only, and this is ${platform}`);
  }
  try {
    return createRequire(import.meta.url)(name) as NativePackage;
  } catch (error) {
    throw missing(`the package ${name} cannot be loaded: run "npm install --no-save ${name}@${VERSION}"`, error);
  }
}

function missing(why: string, cause?: unknown): HeadwaterError {
  return new HeadwaterError(
    "test-node-failed",
    `The Solana virtual machine that the local cluster runs is missing: ${why}. With a solana-test-validator on the PATH ` +
      "what needs no cluster of its own can be tried against that.",
    cause === undefined ? {} : { cause },
  );
}
