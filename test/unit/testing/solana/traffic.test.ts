import { beforeAll, describe, expect, it } from "vitest";
import { SolanaCluster } from "../../../../src/testing/solana/cluster.ts";
import type { Bank } from "../../../../src/testing/solana/ledger/bank.ts";
import type { ExecutedTransaction } from "../../../../src/testing/solana/ledger/executed-transaction.ts";
import { SolanaTraffic } from "../../../../src/testing/solana/traffic/traffic.ts";

const SLOTS = 25;

describe("traffic on the local cluster", () => {
  let cluster: SolanaCluster;
  let banks: Bank[];
  let all: ExecutedTransaction[];

  beforeAll(() => {
    ({ cluster, banks } = run(7));
    all = banks.flatMap(({ transactions }) => transactions).filter(({ isVote }) => !isVote);
  });

  it("is the same for the same seed, and another for another", () => {
    expect(run(7).banks.map(({ blockhash }) => blockhash)).toEqual(banks.map(({ blockhash }) => blockhash));
    expect(run(8).cluster.tip.blockhash).not.toBe(cluster.tip.blockhash);
  });

  it("moves no lamport that does not come from somewhere: blocks lose the burnt half of the base fees", () => {
    for (const { transactions, rewards } of banks) {
      let moved = 0n;
      let burnt = 0n;
      for (const { before, after, fee, priorityFee } of transactions) {
        const delta = sum(after) - sum(before);
        expect(delta).toBe(-fee);
        moved += delta;
        burnt += (fee - priorityFee) / 2n;
      }
      expect(moved + sum(rewards.map(({ lamports }) => lamports))).toBe(-burnt);
    }
  });

  it("has in its blocks what an account came to, transaction by transaction", () => {
    const known = new Map<string, bigint>();
    for (const { transactions, rewards } of banks) {
      for (const { keys, before, after } of transactions) {
        for (const [i, key] of keys.entries()) {
          expect(before[i], key).toBe(known.get(key) ?? before[i]);
          known.set(key, after[i] as bigint);
        }
      }
      for (const { pubkey, postBalance } of rewards) known.set(pubkey, postBalance);
    }
    for (const [key, lamports] of known) expect(cluster.account(key)?.lamports ?? 0n, key).toBe(lamports);
  });

  it("has everything that it promises", () => {
    const has = (test: (transaction: ExecutedTransaction) => boolean) => all.filter(test).length;
    expect(has(({ err }) => err !== null)).toBeGreaterThan(5);
    expect(has(({ wire }) => wire.version === 0)).toBeGreaterThan(2);
    expect(has(({ loaded }) => loaded.writable.length > 0)).toBeGreaterThan(2);
    expect(has(({ priorityFee }) => priorityFee > 0n)).toBeGreaterThan(2);
    expect(has(({ inner }) => inner.length > 0)).toBeGreaterThan(2);
    expect(has(({ logs }) => logs.some((line) => line.includes("Memo (len")))).toBeGreaterThan(1);
    expect(has((each) => each.tokensAfter.some(({ programId }) => programId.startsWith("Tokenz")))).toBeGreaterThan(2);
    expect(has(changesOwner)).toBeGreaterThan(1);
    expect(has(({ tokensBefore, tokensAfter }) => tokensBefore.length > tokensAfter.length)).toBeGreaterThan(0);
    expect(has(({ before, after }) => before.some((amount, i) => amount > 0n && after[i] === 0n))).toBeGreaterThan(1);
    expect(has((each) => each.tokensAfter.some(({ amount }) => amount > 2n ** 53n))).toBeGreaterThan(5);
  });

  it("withholds the transfer fee of Token-2022", () => {
    const levied = all.find(
      ({ tokensBefore, tokensAfter, err }) =>
        err === null &&
        tokensBefore.length === 2 &&
        tokensAfter.every(({ programId }) => programId.startsWith("Tokenz")) &&
        amounts(tokensBefore) > amounts(tokensAfter),
    );
    const [from, to] = (levied?.tokensBefore ?? []).map(
      ({ amount }, i) => amount - (levied?.tokensAfter[i]?.amount ?? 0n),
    );
    const sent = (from ?? 0n) > 0n ? from : to;
    const received = (from ?? 0n) > 0n ? to : from;
    // Two per cent, rounded up.
    expect(-(received as bigint)).toBe((sent as bigint) - ((sent as bigint) * 2n + 99n) / 100n);
  });
});

function run(seed: number) {
  const cluster = new SolanaCluster();
  const traffic = new SolanaTraffic(cluster, { seed, wallets: 6 });
  traffic.setUp();
  const banks: Bank[] = [];
  for (let i = 0; i < SLOTS; i++) {
    traffic.send(8);
    banks.push(cluster.makeSlot());
  }
  return { cluster, banks };
}

function changesOwner({ tokensBefore, tokensAfter }: ExecutedTransaction): boolean {
  return tokensBefore.some(({ accountIndex, owner }) => {
    const after = tokensAfter.find((other) => other.accountIndex === accountIndex);
    return after !== undefined && after.owner !== owner;
  });
}

function amounts(balances: readonly { readonly amount: bigint }[]): bigint {
  return sum(balances.map(({ amount }) => amount));
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
