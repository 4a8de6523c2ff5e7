import assert from "node:assert/strict";
import type { ChainLedger, LedgerStore, LedgerTerms, LedgerView } from "../../core/contracts/store.ts";
import { type ErrorCode, HeadwaterError } from "../../core/errors.ts";

/** What a driver gives to its conformance suite. */
export interface StoreHarness {
  /** A store with nothing in it, separate from those of earlier calls. */
  open(): Promise<LedgerStore>;
  /** Closes the store and opens what it left behind. Absent where nothing outlives a closed store. */
  reopen?(store: LedgerStore): Promise<LedgerStore>;
  /** Closes the store, if it is not closed yet, and removes what it left behind. */
  destroy(store: LedgerStore): Promise<void>;
}

/** The two functions of a test runner that the suite needs. */
export type TestRunner = {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
};

export type StoreTest = (store: LedgerStore, harness: StoreHarness) => Promise<void>;

/** Tests by group and name. Each gets a store with nothing in it. */
export type SuitePart = Readonly<Record<string, Readonly<Record<string, StoreTest>>>>;

/** Runs a test with an empty store, which is removed also when the test fails. */
export async function runTest(harness: StoreHarness, test: StoreTest): Promise<void> {
  const store = await harness.open();
  try {
    await test(store, harness);
  } finally {
    await harness.destroy(store);
  }
}

export const terms: LedgerTerms = { chain: "test:one", profile: "sample-1", startHeight: 5 };

export function openLedger(store: LedgerStore): Promise<ChainLedger> {
  return store.openChain(terms);
}

/** Reads with a view of the last commit. */
export async function read<T>(ledger: ChainLedger, body: (view: LedgerView) => T | Promise<T>): Promise<T> {
  using view = ledger.view();
  return await body(view);
}

/** The sums of an account by asset. */
export function sums(ledger: ChainLedger, account: string, height?: number): Promise<Record<string, bigint>> {
  return read(ledger, async (view) => {
    const entries = await view.balances(account, height);
    return Object.fromEntries(entries.map(({ asset, sum }) => [asset, sum]));
  });
}

export async function rejects(promise: Promise<unknown>, code: ErrorCode): Promise<HeadwaterError> {
  let failure: unknown;
  await promise.then(
    () => undefined,
    (error: unknown) => {
      failure = error;
    },
  );
  assert(failure instanceof HeadwaterError, `expected the error ${code}, got ${String(failure)}`);
  assert.equal(failure.code, code, failure.message);
  return failure;
}
