import { readTable } from "../programs/address-table.ts";
import { COMPUTE_BUDGET, VOTE } from "../programs/programs.ts";
import { type AccountState, isSameAccount } from "../svm/account-state.ts";
import type { RunResult, Svm } from "../svm/svm.ts";
import type { TransactionError } from "../svm/transaction-error.ts";
import { keyText } from "../wire/base58.ts";
import { isWritable, type WireMessage, type WireTransaction } from "../wire/read-wire.ts";
import type { AccountHistory } from "./account-history.ts";
import type { Bank } from "./bank.ts";
import type { ExecutedTransaction, ReadAccount } from "./executed-transaction.ts";
import { listTokenBalances } from "./token-state.ts";

export const LAMPORTS_PER_SIGNATURE = 5_000n;
const MICRO = 1_000_000n;
const DEFAULT_UNITS = 200_000n;
const MAX_UNITS = 1_400_000n;

/** A transaction that came to nothing: no block has it, and nobody paid. */
export type Unprocessed = { readonly err: TransactionError; readonly logs: readonly string[] };

export type ResolvedKeys = {
  readonly keys: readonly string[];
  readonly loaded: ExecutedTransaction["loaded"];
};

/** All accounts of a message: those it names, then those out of tables. Undefined where a table or a place is not there. */
export function resolveKeys({ accountKeys, lookups }: WireMessage, read: ReadAccount): ResolvedKeys | undefined {
  const writable: string[] = [];
  const readonly: string[] = [];
  for (const { accountKey, writableIndexes, readonlyIndexes } of lookups) {
    const table = read(accountKey);
    const entries = table ? readTable(table.data) : [];
    for (const [places, into] of [
      [writableIndexes, writable],
      [readonlyIndexes, readonly],
    ] as const) {
      for (const place of places) {
        const key = entries[place];
        if (!key) return undefined;
        into.push(keyText(key));
      }
    }
  }
  return { keys: [...accountKeys, ...writable, ...readonly], loaded: { writable, readonly } };
}

/** Runs a transaction in an open bank in which the virtual machine stands. */
export function executeTransaction(
  wire: WireTransaction,
  bank: Bank,
  { svm, accounts }: { readonly svm: Svm; readonly accounts: AccountHistory },
): ExecutedTransaction | Unprocessed {
  const read: ReadAccount = (address) => accounts.read(address, bank);
  const resolved = resolveKeys(wire, read);
  if (!resolved) return { err: "AddressLookupTableNotFound", logs: [] };
  const { keys, loaded } = resolved;
  const before = keys.map(read);
  const named = wire.accountKeys.length;
  const mayChange = keys.map((_, i) => (i < named ? isWritable(wire, i) : i < named + loaded.writable.length));
  for (const [i, address] of keys.entries()) if (mayChange[i]) accounts.keep(address);
  const result = svm.run(wire.wire);
  const after = keys.map((address, i) => (mayChange[i] ? svm.read(address) : before[i]));
  const paid = sumLamports(before) - sumLamports(after);
  // Only what paid its fee gets into a block.
  if (result.err !== null && paid === 0n) return { err: result.err, logs: result.logs };
  for (const [i, address] of keys.entries()) {
    if (mayChange[i] && !isSameAccount(before[i], after[i])) accounts.note(address, bank, after[i]);
  }
  return {
    wire,
    index: bank.transactions.length,
    keys,
    loaded,
    ...feeOf(wire, paid),
    before: before.map(lamportsOf),
    after: after.map(lamportsOf),
    tokensBefore: listTokenBalances(keys, before, read),
    tokensAfter: listTokenBalances(keys, after, read),
    ...toldOf(result),
    isVote: isVote(wire, keys),
  };
}

/** The fee that a message would pay, lamports. */
export function feeForMessage(message: WireMessage): bigint {
  const { price, units } = readBudget(message);
  const base = LAMPORTS_PER_SIGNATURE * BigInt(message.header.numRequiredSignatures);
  return base + (price * units + MICRO - 1n) / MICRO;
}

function feeOf(wire: WireTransaction, fee: bigint) {
  const base = LAMPORTS_PER_SIGNATURE * BigInt(wire.signatures.length);
  return { fee, priorityFee: fee > base ? fee - base : 0n, unitPrice: readBudget(wire).price };
}

function toldOf({ err, logs, inner, computeUnits, returnData }: RunResult) {
  return { err, logs, inner, computeUnits, returnData };
}

/** What a message offers for each unit of computation, in micro-lamports, and how many it may use. */
function readBudget({ accountKeys, instructions }: WireMessage): { readonly price: bigint; readonly units: bigint } {
  let price = 0n;
  let units: bigint | undefined;
  let others = 0n;
  for (const { programIdIndex, data } of instructions) {
    if (accountKeys[programIdIndex] !== COMPUTE_BUDGET) {
      others++;
      continue;
    }
    const view = Buffer.from(data);
    if (data[0] === 2 && data.length >= 5) units = BigInt(view.readUInt32LE(1));
    if (data[0] === 3 && data.length >= 9) price = view.readBigUInt64LE(1);
  }
  const asked = units ?? others * DEFAULT_UNITS;
  return { price, units: asked < MAX_UNITS ? asked : MAX_UNITS };
}

function isVote({ instructions }: WireMessage, keys: readonly string[]): boolean {
  return instructions.length > 0 && instructions.every(({ programIdIndex }) => keys[programIdIndex] === VOTE);
}

function lamportsOf(account: AccountState | undefined): bigint {
  return account?.lamports ?? 0n;
}

function sumLamports(accounts: readonly (AccountState | undefined)[]): bigint {
  return accounts.reduce((sum, account) => sum + lamportsOf(account), 0n);
}
