import { encodeBase58, keyBytes, keyText } from "../wire/base58.ts";
import { type AccountState, plainAccount } from "./account-state.ts";
import {
  loadSvm,
  type NativeAccount,
  type NativeFailure,
  type NativeInstruction,
  type NativeMetadata,
  type NativePackage,
  type NativeSvm,
} from "./native.ts";
import { readTransactionError, type TransactionError } from "./transaction-error.ts";

export type InnerInstructions = {
  /** The place of the instruction of the message that called them. */
  readonly index: number;
  readonly instructions: readonly {
    readonly programIdIndex: number;
    readonly accounts: readonly number[];
    /** Base58. */
    readonly data: string;
    readonly stackHeight: number;
  }[];
};

/** What running a transaction came to. */
export type RunResult = {
  readonly err: TransactionError | null;
  readonly logs: readonly string[];
  readonly inner: readonly InnerInstructions[];
  readonly computeUnits: number;
  readonly returnData: { readonly programId: string; readonly data: string } | undefined;
};

/**
 * The Solana virtual machine with one state, in this process. It checks signatures; blockhashes and repeats are left to whoever
 * keeps the blocks. What is no transaction ends the process: bytes must have been read by `readWire`.
 */
export class Svm {
  readonly #native: NativePackage;
  readonly #svm: NativeSvm;

  /** @throws HeadwaterError `test-node-failed` where the native package is missing */
  constructor(native: NativePackage = loadSvm()) {
    this.#native = native;
    this.#svm = new native.LiteSvm();
    this.#svm.setTransactionHistory(0n);
    this.#svm.setBlockhashCheck(false);
  }

  read(address: string): AccountState | undefined {
    const account = this.#svm.getAccount(keyBytes(address));
    if (!account || account.lamports() === 0n) return undefined;
    return stateOf(account);
  }

  /** Undefined removes the account. */
  write(address: string, state: AccountState | undefined): void {
    const { lamports, data, owner, executable, rentEpoch } = state ?? plainAccount(0n);
    const account = new this.#native.Account(lamports, data, keyBytes(owner), executable, rentEpoch);
    this.#svm.setAccount(keyBytes(address), account);
  }

  /** The slot that transactions run in. @param hashes of the banks before it, newest first */
  enterSlot(slot: number, unixTime: number, hashes: readonly { readonly slot: bigint; readonly hash: string }[]): void {
    this.#svm.setClock(new this.#native.Clock(BigInt(slot), 0n, 0n, 1n, BigInt(unixTime)));
    this.#svm.setSlotHashes(hashes);
  }

  /** Runs a transaction and keeps what it did. */
  run(wire: Uint8Array): RunResult {
    const outcome = this.#svm.sendVersionedTransaction(wire);
    return outcome instanceof this.#native.FailedTransactionMetadata ? failureOf(outcome) : resultOf(outcome, null);
  }

  /** Runs a transaction without keeping what it did. @param checked whether its signatures must hold */
  simulate(wire: Uint8Array, checked: boolean): RunResult & { readonly after: ReadonlyMap<string, AccountState> } {
    this.#svm.setSigverify(checked);
    try {
      const outcome = this.#svm.simulateVersionedTransaction(wire);
      if (outcome instanceof this.#native.FailedTransactionMetadata) return { ...failureOf(outcome), after: new Map() };
      const after = new Map<string, AccountState>();
      for (const post of outcome.postAccounts()) after.set(keyText(post.address), stateOf(post.account()));
      return { ...resultOf(outcome.meta(), null), after };
    } finally {
      this.#svm.setSigverify(true);
    }
  }

  minimumBalance(sizeBytes: number): bigint {
    return this.#svm.minimumBalanceForRentExemption(BigInt(sizeBytes));
  }
}

function stateOf(account: NativeAccount): AccountState {
  return {
    lamports: account.lamports(),
    data: account.data(),
    owner: keyText(account.owner()),
    executable: account.executable(),
    rentEpoch: account.rentEpoch(),
  };
}

function failureOf(failure: NativeFailure): RunResult {
  return resultOf(failure.meta(), readTransactionError(failure.toString()));
}

function resultOf(meta: NativeMetadata, err: TransactionError | null): RunResult {
  const returned = meta.returnData();
  const data = returned.data();
  const inner = meta.innerInstructions().map((list, index) => ({ index, instructions: list.map(readInner) }));
  return {
    err,
    logs: meta.logs(),
    inner: inner.filter(({ instructions }) => instructions.length > 0),
    computeUnits: Number(meta.computeUnitsConsumed()),
    returnData:
      data.length > 0
        ? { programId: keyText(returned.programId()), data: Buffer.from(data).toString("base64") }
        : undefined,
  };
}

function readInner(inner: { instruction(): NativeInstruction; stackHeight(): number }) {
  const instruction = inner.instruction();
  return {
    programIdIndex: instruction.programIdIndex(),
    accounts: [...instruction.accounts()],
    data: encodeBase58(instruction.data()),
    stackHeight: inner.stackHeight(),
  };
}
